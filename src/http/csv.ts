/** How a cell begins that a spreadsheet would take for a formula, in full-width forms too. */
const FORMULA = /^[=+\-@\t\r\n\0\uFF1D\uFF0B\uFF0D\uFF20]/
/** Some spreadsheets part cells at a semicolon or a tab. */
const TO_QUOTE = /[",;\t\r\n\0]|^\s|\s$/

/** How a file of CSV begins: by this mark spreadsheets know that it is UTF-8. */
export const csvHead = (columns: readonly string[]) => `\uFEFF${csvLine(columns)}`

/**
 * A record of CSV (RFC 4180). A cell that a spreadsheet would run gets an apostrophe before it, by which it stays
 * text (ASVS 5.0 1.2.10; OWASP, CSV Injection).
 */
export const csvLine = (cells: readonly (string | boolean | null)[]) => `${cells.map(cellOf).join(',')}\r\n`

function cellOf(value: string | boolean | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const text = FORMULA.test(value) ? `'${value}` : value
  return TO_QUOTE.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
