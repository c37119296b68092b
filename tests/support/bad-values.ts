import { Prisma } from '../../src/db/generated/sqlite/client.ts'

/**
 * `broken` is refused in every field; `text` may be legal where any text is; `absent` where a field is optional, `box`
 * and `number` where it is one.
 */
type Kind = 'broken' | 'text' | 'absent' | 'box' | 'number'
type Bad = [kind: Kind, name: string, write: (body: Record<string, string>, field: string) => string | Buffer]

export const encode = (body: Record<string, string>) => new URLSearchParams(body).toString()
const without = (body: Record<string, string>, field: string) =>
  Object.fromEntries(Object.entries(body).filter(([name]) => name !== field))
/** The form with this field written as it stands, not encoded. */
export const literally = (value: string) => (body: Record<string, string>, field: string) =>
  Buffer.from(`${encode(without(body, field))}&${field}=${value}`, 'latin1')
export const asJson = (value: unknown) => (body: Record<string, string>, field: string) =>
  JSON.stringify({ ...body, [field]: value })
export const jsonLiterally = (value: string) => (body: Record<string, string>, field: string) =>
  `${JSON.stringify(without(body, field))
    .slice(0, -1)
    .replace(/(?<!\{)$/, ',')}"${field}":${value}}`

export const BAD_FORMS: Bad[] = [
  ['broken', 'sent twice', (body, field) => `${encode(body)}&${field}=a&${field}=b`],
  ['broken', 'as an array', (body, field) => `${encode(without(body, field))}&${field}[]=a`],
  ['broken', 'as an operator', (body, field) => `${encode(without(body, field))}&${field}[not]=`],
  ['broken', 'a surrogate in UTF-8', literally('%ED%A0%80')],
  ['broken', 'an overlong slash', literally('%C0%AF')],
  ['broken', 'raw FF FE', literally('\xff\xfe')],
  ['broken', '%zz', literally('%zz')],
  ['broken', 'a lone %', literally('%')],
  ['broken', '%2', literally('%2')],
  ['text', '10 kB', literally('a'.repeat(10_000))],
  ['text', 'NUL', literally('ab%00cd')],
  ['text', 'a C1 control', literally('ab%C2%80cd')],
  ['absent', 'missing', (body, field) => encode(without(body, field))],
]

export const BAD_JSON: Bad[] = [
  ['broken', '[]', asJson([])],
  ['broken', '["a"]', asJson(['a'])],
  ['broken', '{}', asJson({})],
  ['broken', '{"not":""}', asJson({ not: '' })],
  ['broken', '{"startsWith":""}', asJson({ startsWith: '' })],
  ['broken', 'null', asJson(null)],
  ['box', 'true', asJson(true)],
  ['number', '1', asJson(1)],
  ['broken', '1.5', asJson(1.5)],
  ['broken', '1e999', jsonLiterally('1e999')],
  ['broken', 'NaN', jsonLiterally('NaN')],
  ['broken', 'twice', (body, field) => `${asJson('a')(body, field).slice(0, -1)},"${field}":"b"}`],
  ['text', '10 kB', asJson('a'.repeat(10_000))],
  ['text', 'NUL', jsonLiterally('"ab\\u0000cd"')],
  ['text', 'a C1 control', asJson('ab\u0080cd')],
  ['text', 'a lone surrogate', jsonLiterally('"ab\\ud800cd"')],
  ['absent', 'missing', (body, field) => JSON.stringify(without(body, field))],
]

const COLUMNS = Object.values(Prisma.ModelName).flatMap((model) =>
  Object.keys(Prisma[`${model}ScalarFieldEnum`]),
)
export const EXTRA = [
  ...new Set([...COLUMNS, 'is_admin', 'isAdmin', 'admin', 'verified', 'user', 'sessions', 'data', 'where']),
]
export const PROTOTYPES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']
