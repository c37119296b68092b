/** The records of a file of CSV, read by the letter of RFC 4180; throws where it doesn't keep to that. */
export function parseCsv(file: string): string[][] {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y
  const records: string[][] = []
  let record: string[] = []
  while (cell.lastIndex < file.length) {
    const at = cell.lastIndex
    const [, quoted, bare = '', end] = cell.exec(file) ?? []
    if (end === undefined) throw new Error(`No CSV from ${at} on: ${JSON.stringify(file.slice(at, at + 40))}`)
    record.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    records.push(record)
    record = []
  }
  if (record.length) throw new Error('The last record has no end.')
  return records
}
