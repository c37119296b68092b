import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Db } from '../db/client.ts'
import { Prisma } from '../db/generated/sqlite/client.ts'
import { indexedConditions, matching, type PeopleFilter, searchTerm, since } from './people-filter.ts'
import { lookThrough, ORDERS, type Person, type Spot } from './people-window.ts'

export type { Person }

/** Whoever was never seen has the epoch there. */
export const wasSeen = (lastSeenAt: Date) => lastSeenAt.getTime() > 0

/** Where in the list to read: after or before whom, and how many. */
type Place = { after?: string | undefined; before?: string | undefined; take: number }

/** The people a filter lets through, newest first; before somebody, the oldest first. */
export async function findPeople(db: Db, filter: PeopleFilter, { after, before, take }: Place) {
  const rows = await db.$queryRaw<Person[]>`
    SELECT "id", "username", "name", "email", "role", "status", "createdAt", "lastSeenAt" FROM "User"
    WHERE ${Prisma.join([matching(searchTerm(filter.q)), since(filter), ...indexedConditions(filter)], ' AND ')}
      AND ${after ? Prisma.sql`"id" < ${after}` : before ? Prisma.sql`"id" > ${before}` : Prisma.sql`TRUE`}
    ORDER BY "id" ${before ? Prisma.sql`ASC` : Prisma.sql`DESC`}
    LIMIT ${take}`
  return { rows }
}

/** Enough for a turn of the event loop: SQLite answers in it. */
const LARGEST_WINDOW = 10_000

/**
 * The next `take` people a filter lets through, newest first, after the one of an id: exactly those, however long
 * it takes to come to them. Fewer only at the end. For whoever goes through all of them.
 */
export async function peopleAfter(
  db: Db,
  filter: PeopleFilter,
  after: string | undefined,
  take: number,
): Promise<Person[]> {
  const [driver = Prisma.sql`TRUE`, ...others] = indexedConditions(filter)
  const set = Prisma.sql`${driver} AND ${since(filter)}`
  const fits = Prisma.join([matching(searchTerm(filter.q)), ...others], ' AND ')
  const rows: Person[] = []
  let past: Spot | undefined = after ? { id: after, username: '', lastSeenAt: new Date(0) } : undefined
  for (let size = take; ; size = Math.min(size * 4, LARGEST_WINDOW)) {
    const window = { set, order: ORDERS['-joined'].there, past, size }
    const { rows: found, seen, last } = await lookThrough(db, window, fits, take - rows.length)
    rows.push(...found)
    if (seen < size || rows.length === take) return rows
    past = last
    await nextTurn()
  }
}
