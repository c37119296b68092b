import { z } from 'zod'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { instant } from '../../http/instant.ts'
import { fromNow } from '../../time.ts'
import { sections } from './sections.ts'

const shape = Object.fromEntries(
  Object.entries(sections).map(([name, { title, row, many }]) => [
    name,
    (many ? z.array(row) : row.nullable()).describe(title),
  ]),
)

/** The file, as it is once read. */
export const PersonalData = z.strictObject({ $schema: z.url(), madeAt: z.iso.datetime(), ...shape })

/** Its JSON Schema (draft 2020-12). */
export const jsonSchema = () => z.toJSONSchema(PersonalData)

/** Everything about a member as the text of one JSON object, a batch of rows at a time. */
export async function* writeFile(db: Db, user: User, $schema: string): AsyncGenerator<string> {
  const head = JSON.stringify({ $schema, madeAt: fromNow(0) })
  yield head.slice(0, -1)
  for (const [name, { many, read }] of Object.entries(sections)) {
    yield `,\n"${name}":${many ? '[' : ''}`
    let count = 0
    for await (const batch of read(db, user, 'asc'))
      for (const row of batch) yield `${count++ ? ',' : ''}\n${JSON.stringify(row, asText)}`
    yield many ? ']' : count ? '' : 'null'
  }
  yield '\n}\n'
}

/** What JSON has no form for: large numbers, and bytes. */
function asText(_name: string, value: unknown) {
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : value
}

/** How many rows of a kind a page shows. */
const SHOWN = 200

/** The same to be read on a page: of what there is much, the latest, and no more than that is read. */
export async function readAll(db: Db, user: User) {
  const shown = []
  for (const [name, { title, row, read }] of Object.entries(sections)) {
    const latest: object[] = []
    for await (const batch of read(db, user, 'desc')) {
      latest.push(...batch)
      if (latest.length > SHOWN) break
    }
    const rows = latest.slice(0, SHOWN).map((entry) => facts(entry, row))
    shown.push({ name, title, more: latest.length > SHOWN, rows })
  }
  return shown
}

function facts(entry: object, row: z.ZodObject) {
  const values = new Map<string, unknown>(Object.entries(entry))
  return Object.entries(row.shape).map(([column, schema]) => {
    const value = values.get(column)
    return {
      label: (schema as z.ZodType).description ?? column,
      ...(value instanceof Date ? { at: instant(value) } : { text: inWords(value) }),
    }
  })
}

function inWords(value: unknown): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  const text = asText('', value)
  return typeof text === 'object' ? JSON.stringify(text) : String(text)
}
