import type { Db } from '../../src/db/client.ts'

/** The tables there are, whatever the models say; of the search index, those that it is made of. */
async function tablesOf(db: Db, url: string): Promise<string[]> {
  const tables = url.startsWith('file:')
    ? db.$queryRaw<
        { name: string }[]
      >`SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'UserSearch'`
    : db.$queryRaw<{ name: string }[]>`
        SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public'`
  return (await tables).map(({ name }) => name)
}

const asText = (value: unknown): string =>
  value instanceof Uint8Array
    ? `${Buffer.from(value).toString('hex')} ${Buffer.from(value).toString('latin1')}`
    : typeof value === 'object' && !(value instanceof Date)
      ? JSON.stringify(value)
      : String(value)

/** Every value of every column of every table, one a line, after the names of its table and column. */
export async function dump(db: Db, url: string): Promise<string[]> {
  const lines: string[] = []
  for (const table of await tablesOf(db, url))
    for (const row of await db.$queryRawUnsafe<Record<string, unknown>[]>(`SELECT * FROM "${table}"`))
      for (const [column, value] of Object.entries(row))
        if (value !== null) lines.push(`${table}.${column}: ${asText(value)}`)
  return lines
}
