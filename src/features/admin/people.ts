import type { Db } from '../../db/client.ts'
import { Prisma, type UserStatus } from '../../db/generated/sqlite/client.ts'
import type { Person } from './person.ts'

const PAGE_SIZE = 50

export type PeopleQuery = {
  q: string
  status?: UserStatus | undefined
  after?: string | undefined
  before?: string | undefined
}

/**
 * What a search box term may be the start of. Written in SQL, because to Prisma's `startsWith` the `%` and `_`
 * in it would stand for anything.
 */
function matching(q: string): Prisma.Sql {
  const term = q.trim().toLowerCase().normalize('NFC')
  if (!term) return Prisma.sql`TRUE`
  const start = `${term.replace(/[\\%_]/g, '\\$&')}%`
  return Prisma.sql`("id" = ${term} OR "username" LIKE ${start} ESCAPE '\\' OR "emailKey" LIKE ${start} ESCAPE '\\' OR "nameKey" LIKE ${start} ESCAPE '\\')`
}

/**
 * A page of people, newest first: ids are made in order of time, so the id is the key of the page.
 * `after` asks for those that come after that id in the list (older), `before` for those before (newer).
 */
export async function listPeople(db: Db, { q, status, after, before }: PeopleQuery) {
  const rows = await db.$queryRaw<Person[]>`
    SELECT "id", "username", "name", "email", "role", "status", "createdAt", "lastSeenAt" FROM "User"
    WHERE ${matching(q)}
      AND ${status ? Prisma.sql`"status" = ${status}` : Prisma.sql`TRUE`}
      AND ${after ? Prisma.sql`"id" < ${after}` : before ? Prisma.sql`"id" > ${before}` : Prisma.sql`TRUE`}
    ORDER BY "id" ${before ? Prisma.sql`ASC` : Prisma.sql`DESC`}
    LIMIT ${PAGE_SIZE + 1}`
  const more = rows.length > PAGE_SIZE
  const people = before ? rows.slice(0, PAGE_SIZE).reverse() : rows.slice(0, PAGE_SIZE)
  return {
    people,
    newer: (before ? more : after !== undefined) ? people[0]?.id : undefined,
    older: (before ? true : more) ? people.at(-1)?.id : undefined,
  }
}

/** How many people match a search, in all and by status. */
export async function countPeople(db: Db, q = ''): Promise<Record<UserStatus | 'all', number>> {
  const groups = await db.$queryRaw<{ status: UserStatus; count: bigint }[]>`
    SELECT "status", count(*) AS "count" FROM "User" WHERE ${matching(q)} GROUP BY "status"`
  const counts = { all: 0, pending: 0, active: 0, suspended: 0, closing: 0 }
  for (const { status, count } of groups) {
    counts[status] = Number(count)
    counts.all += Number(count)
  }
  return counts
}
