import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Db, isPostgresql, type Tx } from '../db/client.ts'
import { isTimedOut } from '../db/errors.ts'
import { Prisma } from '../db/generated/sqlite/client.ts'
import { containing } from '../db/like.ts'
import type { PeopleFilter } from './people-filter.ts'
import { isId, searchTerm } from './people-search.ts'
import { everything } from './people-sets.ts'
import { type Picked, pickFrom, type Way } from './people-window.ts'

/** Three letters in a row are the least that an index of parts of words can be asked for. */
const trigrams = (term: string) => {
  const letters = [...term]
  return new Set(letters.slice(2).map((_, i) => letters.slice(i, i + 3).join('')))
}

/** What of a term is looked for: of an address, what is before its domain, as that is the same for many. */
const rarestPart = (term: string) => {
  const mailbox = term.slice(0, term.indexOf('@') + 1)
  return trigrams(mailbox).size > 0 ? mailbox : term
}

/**
 * The people a filter with a term lets through, by the index of parts of words; undefined if it can't tell for this
 * term, or not within `patience` ms. Of SQLite's no more than `most` are taken: it can't be stopped amid a statement.
 */
export async function byWords(
  db: Db,
  filter: PeopleFilter,
  { most, patience }: { most: number; patience: number },
  way: Way,
): Promise<Picked | undefined> {
  const term = searchTerm(filter.q)
  const fits = everything(filter)
  if (isId(term)) return pickFrom(db, { from: Prisma.sql`"User" WHERE "id" = ${term}`, fits }, way)
  const part = rarestPart(term)
  if (trigrams(part).size === 0) return undefined
  if (isPostgresql(db))
    return withinTime(db, patience, async (tx) => {
      const from = await postgresqlSet(tx, part)
      return from && pickFrom(tx, { from, fits }, way)
    })
  const from = await sqliteSet(db, part, most, performance.now() + patience)
  return from && pickFrom(db, { from, fits }, way)
}

/** PostgreSQL's trigrams of the locale C are those of ASCII: for others it would read the whole index. */
async function postgresqlSet(tx: Tx, part: string): Promise<Prisma.Sql | undefined> {
  const [known] = await tx.$queryRaw<{ any: boolean }[]>`SELECT cardinality(show_trgm(${part})) > 0 AS "any"`
  if (!known?.any) return undefined
  // As the index has it, word for word.
  return Prisma.sql`"User" WHERE ("username" || chr(10) || coalesce("emailKey", '') || chr(10) || coalesce("nameKey", '')) LIKE ${containing(part)}`
}

/** What PostgreSQL's work gives if it is done within so many ms; undefined if not. */
async function withinTime<Result>(
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

/** SQLite can't be stopped amid a statement: of so many people at once it asks its index. */
const CHUNK = 1_000_000

/** Those who have all three-letter parts in some place, if SQLite's index gives at most so many, until then. */
async function sqliteSet(db: Db, part: string, most: number, until: number): Promise<Prisma.Sql | undefined> {
  const all = [...trigrams(part)].map((letters) => `"${letters.replaceAll('"', '""')}"`).join(' AND ')
  const [newest] = await db.$queryRaw<{ key: bigint | null }[]>`SELECT max("key") AS "key" FROM "SearchKey"`
  const keys: number[] = []
  for (let to = Number(newest?.key ?? 0); to > 0; to -= CHUNK) {
    const [found] = await db.$queryRaw<{ keys: string }[]>`
      SELECT json_group_array("rowid") AS "keys" FROM (
        SELECT "rowid" FROM "UserSearch" WHERE "UserSearch" MATCH ${all}
          AND "rowid" > ${to - CHUNK} AND "rowid" <= ${to} LIMIT ${most + 1 - keys.length}
      )`
    keys.push(...(JSON.parse(found?.keys ?? '[]') as number[]))
    if (keys.length > most || (to > CHUNK && performance.now() > until)) return undefined
    await nextTurn()
  }
  return Prisma.sql`"User" WHERE "id" IN (
    SELECT "userId" FROM "SearchKey" WHERE "key" IN (SELECT "value" FROM json_each(${JSON.stringify(keys)}))
  )`
}
