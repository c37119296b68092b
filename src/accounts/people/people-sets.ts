import { type Db, isPostgresql } from '../../db/client.ts'
import { Prisma } from '../../db/generated/sqlite/client.ts'
import { firstId, indexedConditions, type PeopleFilter, since } from './people-filter.ts'
import { isId, matching, searchTerm } from './people-search.ts'
import { ORDERS, type PeopleSet, type Sort, type Spot } from './people-window.ts'

const all = (conditions: Prisma.Sql[]) => Prisma.join(conditions, ' AND ')

/** Whoever meets a condition, by its index: SQLite has to be told, as it takes few to be alike in anything. */
const by = (db: Db, index: Prisma.Sql, conditions: Prisma.Sql[]) =>
  isPostgresql(db)
    ? Prisma.sql`"User" WHERE ${all(conditions)}`
    : Prisma.sql`"User" INDEXED BY ${index} WHERE ${all(conditions)}`

/** Everything that is asked for, as one condition. */
export const everything = (filter: PeopleFilter) =>
  all([
    ...indexedConditions(filter).map(({ condition }) => condition),
    since(filter),
    matching(searchTerm(filter.q)),
  ])

/** How much is asked for, but for the term. */
export const askedOf = (filter: PeopleFilter) => indexedConditions(filter).length + (filter.joined ? 1 : 0)

/** The smallest set of those asked for that an index gives, if there are at most so many. */
export async function smallSet(db: Db, filter: PeopleFilter, most: number): Promise<PeopleSet | undefined> {
  const sets = indexedConditions(filter).map(({ condition, indexes }) =>
    by(db, indexes.id, [condition, since(filter)]),
  )
  const term = searchTerm(filter.q)
  if (isId(term)) sets.push(Prisma.sql`"User" WHERE "id" = ${term}`)
  // By id in any case: SQLite would count by whatever index it likes.
  else if (!sets.length && (filter.joined || term))
    sets.push(Prisma.sql`"User" WHERE "id" >= ${firstId(filter) ?? ''}`)
  if (!sets.length) return undefined
  const sizes = await sizesOf(db, sets, most + 1)
  const smallest = Math.min(...sizes)
  const from = sets[sizes.indexOf(smallest)]
  return from && smallest <= most ? { from, fits: everything(filter) } : undefined
}

/** How many there are in each set, up to `most`. */
async function sizesOf(db: Db, sets: Prisma.Sql[], most: number): Promise<number[]> {
  const counts = sets.map(
    (from, i) =>
      Prisma.sql`SELECT ${i} AS "i", count(*) AS "count" FROM (SELECT 1 FROM ${from} LIMIT ${most}) AS "set"`,
  )
  const rows = await db.$queryRaw<{ i: number | string; count: bigint }[]>(Prisma.join(counts, ' UNION ALL '))
  return sets.map((_, i) => Number(rows.find((row) => Number(row.i) === i)?.count))
}

/**
 * Those to go through in an order, past a spot: by the index of what lets the fewest through and has that order,
 * else by the order's own. `allFit` tells that nobody is gone through who isn't asked for.
 */
export function largeSet(
  db: Db,
  filter: PeopleFilter,
  { sort, back, past }: { sort: Sort; back: boolean; past: Spot | undefined },
) {
  const { [back ? 'back' : 'there']: order } = ORDERS[sort]
  const { key } = order
  const first = indexedConditions(filter).find(({ indexes }) => indexes[key])
  const index = first?.indexes[key]
  const start = key === 'id' ? firstId(filter) : undefined
  // Of two lower bounds SQLite would take either.
  const climbing = order === ORDERS.joined.there && start !== undefined
  const bound = start !== undefined && !climbing ? since(filter) : Prisma.sql`TRUE`
  return {
    from: index ? by(db, index, [first.condition, bound]) : Prisma.sql`"User" WHERE ${bound}`,
    fits: everything(filter),
    allFit: askedOf(filter) <= 1 && !searchTerm(filter.q) && (key === 'id' || index !== undefined),
    order,
    past: climbing && !(past && past.id > start) ? { id: start, key: start } : past,
  }
}
