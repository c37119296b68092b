import { type Db, isPostgresql, type Tx } from '../../db/client.ts'
import { isTimedOut } from '../../db/errors.ts'
import { Prisma } from '../../db/generated/sqlite/client.ts'
import { containing } from '../../db/like.ts'
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
 * term. PostgreSQL has `patience` ms for it; of SQLite, which can't be stopped amid a statement, `most` are taken at most.
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
  const from = await sqliteSet(db, part, most)
  return from && pickFrom(db, { from, fits }, way)
}

/** As the indexes have them, word for word. */
const words = Prisma.sql`("username" || chr(10) || coalesce("emailKey", '') || chr(10) || coalesce("nameKey", ''))`

/** PostgreSQL's own trigrams of the locale C are those of ASCII: there, those with other letters have an index of ours. */
async function postgresqlSet(tx: Tx, part: string): Promise<Prisma.Sql | undefined> {
  const [known] = await tx.$queryRaw<{ byLetters: boolean; byOwn: boolean }[]>`
    SELECT cardinality(foyer_letters(${part})) > 0 AND to_regclass('"User_letters_idx"') IS NOT NULL AS "byLetters",
      cardinality(show_trgm(${part})) > 0 AS "byOwn"`
  if (known?.byLetters)
    return Prisma.sql`"User" WHERE octet_length(${words}) > char_length(${words}) AND foyer_letters(${words}) @> foyer_letters(${part})`
  return known?.byOwn ? Prisma.sql`"User" WHERE ${words} LIKE ${containing(part)}` : undefined
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

/** So many people, the first there were, tell how common three letters are. */
const SAMPLE = 4000
/** What more of them have is not asked for: SQLite reads through all who have it, and can't be stopped meanwhile. */
const COMMON = SAMPLE / 20
/** So many of the rarest parts tell those who may match from almost all others. */
const PARTS = 4

/** Those who have the rarest three-letter parts in some place, if SQLite's index gives at most so many. */
async function sqliteSet(db: Db, part: string, most: number): Promise<Prisma.Sql | undefined> {
  const quoted = [...trigrams(part)].map((letters) => `"${letters.replaceAll('"', '""')}"`)
  const parts = await db.$queryRaw<{ letters: string; count: bigint }[]>`
    SELECT "value" AS "letters", (
      SELECT count(*) FROM "UserSearch" WHERE "UserSearch" MATCH "value" AND "rowid" <= ${SAMPLE}
    ) AS "count" FROM json_each(${JSON.stringify(quoted)}) ORDER BY "count"`
  const rare = parts.filter(({ count }) => count <= COMMON).slice(0, PARTS)
  if (rare.length === 0) return undefined
  const all = rare.map(({ letters }) => letters).join(' AND ')
  const [found] = await db.$queryRaw<{ keys: string }[]>`
    SELECT json_group_array("rowid") AS "keys"
    FROM (SELECT "rowid" FROM "UserSearch" WHERE "UserSearch" MATCH ${all} LIMIT ${most + 1})`
  const keys: number[] = JSON.parse(found?.keys ?? '[]')
  if (keys.length > most) return undefined
  return Prisma.sql`"User" WHERE "id" IN (
    SELECT "userId" FROM "SearchKey" WHERE "key" IN (SELECT "value" FROM json_each(${JSON.stringify(keys)}))
  )`
}
