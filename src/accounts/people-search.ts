import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Db, isPostgresql, type Tx } from '../db/client.ts'
import { isTimedOut } from '../db/errors.ts'
import { Prisma } from '../db/generated/sqlite/client.ts'
import { containing } from '../db/like.ts'

/** A search term as the columns that are searched are written. */
export const searchTerm = (q: string) => q.trim().toLowerCase().normalize('NFC')

const isId = (term: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(term)

/** Whoever has a term in their username, address or name, or is meant by a whole id. Each is looked at. */
export function matching(term: string): Prisma.Sql {
  if (!term) return Prisma.sql`TRUE`
  if (isId(term)) return Prisma.sql`"id" = ${term}`
  const part = containing(term)
  return Prisma.sql`("username" LIKE ${part} ESCAPE '\\' OR "emailKey" LIKE ${part} ESCAPE '\\' OR "nameKey" LIKE ${part} ESCAPE '\\')`
}

/** Whoever is called just so. */
export const exactly = (term: string): Prisma.Sql =>
  Prisma.sql`("username" = ${term} OR "emailKey" = ${term} OR "nameKey" = ${term})`

/** Three letters in a row are the least that the index of parts of words can be asked for. */
const trigrams = (term: string) => {
  const letters = [...term]
  return new Set(letters.slice(2).map((_, i) => letters.slice(i, i + 3).join('')))
}

/** SQLite's index of parts of words, for a term of three letters or more: who has all of them, in some place. */
const allOf = (term: string) =>
  [...trigrams(term)].map((letters) => `"${letters.replaceAll('"', '""')}"`).join(' AND ')

/** Whoever may have a term in their words, by an index; undefined if none can tell. They are still to be looked at. */
export function indexed(db: Db, term: string): Prisma.Sql | undefined {
  if (isId(term)) return Prisma.sql`"id" = ${term}`
  if (trigrams(term).size === 0) return undefined
  // As the index has it, word for word.
  if (isPostgresql(db))
    return Prisma.sql`("username" || chr(10) || coalesce("emailKey", '') || chr(10) || coalesce("nameKey", '')) LIKE ${containing(term)}`
  return Prisma.sql`"id" IN (
    SELECT "userId" FROM "SearchKey" WHERE "key" IN (
      SELECT "rowid" FROM "UserSearch" WHERE "UserSearch" MATCH ${allOf(term)}
    )
  )`
}

/** SQLite can't be stopped amid a statement: of so many people at once it asks its index. */
const CHUNK = 1_000_000

/**
 * Whether SQLite's index gives more than `most` people for a term, newest first; true also if that can't be told
 * until then (a `performance.now()`).
 */
export async function givesMoreThan(db: Db, term: string, most: number, until: number): Promise<boolean> {
  if (isId(term)) return false
  const [newest] = await db.$queryRaw<{ key: bigint | null }[]>`SELECT max("key") AS "key" FROM "SearchKey"`
  let left = most
  for (let to = Number(newest?.key ?? 0); to > 0; to -= CHUNK) {
    const [found] = await db.$queryRaw<{ count: bigint }[]>`
      SELECT count(*) AS "count" FROM (
        SELECT 1 FROM "UserSearch" WHERE "UserSearch" MATCH ${allOf(term)}
          AND "rowid" > ${to - CHUNK} AND "rowid" <= ${to} LIMIT ${left + 1}
      )`
    left -= Number(found?.count)
    if (left < 0 || (to > CHUNK && performance.now() > until)) return true
    await nextTurn()
  }
  return false
}

/** What PostgreSQL's work gives if it is done within so many ms; undefined if not. */
export async function withinTime<Result>(
  db: Db,
  ms: number,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT set_config('statement_timeout', ${String(ms)}, TRUE)`
      return work(tx)
    })
  } catch (error) {
    if (isTimedOut(error)) return undefined
    throw error
  }
}
