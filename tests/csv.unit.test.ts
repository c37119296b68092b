import { describe, expect, test } from 'vitest'
import { csvHead, csvLine } from '../src/http/csv.ts'
import { parseCsv } from './support/csv.ts'
import fc from './support/fast-check.ts'

const NASTY = [
  ...['', ' ', '"', '""', ',', ';', 'a,b', 'say "hi"', ' padded ', "'quoted'", '\\', '\\N', 'NULL'],
  ...[
    '<script>alert(1)</script>',
    "'; DROP TABLE users",
    '%{jndi:ldap://x}',
    'two\r\nlines',
    '\u202Eabc',
    '\uFEFFbom',
    '佐藤',
    'é',
  ],
  ...['👩‍👩‍👧', 'a\u0000b', '\u2028', '\uD800', '../../etc/passwd', '%s%n', '1e1000', '0x10'],
]
const FORMULAS = [
  ...['=1+1', "=cmd|'/C calc'!A0", '+1', '-1', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '\u0000=1'],
  ...[
    '＝1+1',
    '＋1',
    '－1',
    '＠SUM(A1)',
    '=HYPERLINK("https://example.org","x")',
    '=1;=2',
    '=',
    '-',
    '+',
    '@',
  ],
]

describe('CSV', () => {
  test('parts cells by commas and ends a record by CRLF', () => {
    expect(csvLine(['ana.silva', null, 'ana@example.org'])).toBe('ana.silva,,ana@example.org\r\n')
  })

  test('begins with a byte order mark and the names of the columns', () => {
    expect(csvHead(['username', 'id'])).toBe('\uFEFFusername,id\r\n')
  })

  test.each(NASTY)('gives back what was put in: %j', (value) => {
    expect(parseCsv(csvLine([value, 'next']))).toEqual([[value, 'next']])
  })

  test.each(FORMULAS)('makes text of what would be a formula: %j', (value) => {
    expect(parseCsv(csvLine(['first', value]))).toEqual([['first', `'${value}`]])
  })

  test('quotes what another separator would part, so that no formula begins there', () => {
    expect(csvLine(['a;=1+1'])).toBe('"a;=1+1"\r\n')
    expect(csvLine(['a\t=1+1'])).toBe('"a\t=1+1"\r\n')
  })

  test('gives back any text, but for the apostrophe', () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom(...'",;=+-@\r\n\t\0 '), fc.string({ unit: 'binary' })),
    })
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 2, maxLength: 2 })), (records) => {
        const read = parseCsv(records.map(csvLine).join(''))
        const bare = (cell: string) => cell.replace(/^'(?=[=+\-@\t\r\n\0＝＋－＠])/, '')
        expect(read.map((record) => record.map(bare))).toEqual(records.map((record) => record.map(bare)))
        for (const cell of read.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r\n\0＝＋－＠]/)
      }),
    )
  })
})
