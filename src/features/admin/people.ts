import type { Db } from '../../db/client.ts'
import { Prisma, type UserStatus } from '../../db/generated/sqlite/client.ts'
import { type PageKeys, pageOf, TO_READ } from '../../http/lists.ts'
import type { Person } from './person.ts'

export type PeopleQuery = PageKeys & { q: string; status?: UserStatus | undefined }

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

/** A page of people, newest first. */
export async function listPeople(db: Db, { q, status, after, before }: PeopleQuery) {
  const rows = await db.$queryRaw<Person[]>`
    SELECT "id", "username", "name", "email", "role", "status", "createdAt", "lastSeenAt" FROM "User"
    WHERE ${matching(q)}
      AND ${status ? Prisma.sql`"status" = ${status}` : Prisma.sql`TRUE`}
      AND ${after ? Prisma.sql`"id" < ${after}` : before ? Prisma.sql`"id" > ${before}` : Prisma.sql`TRUE`}
    ORDER BY "id" ${before ? Prisma.sql`ASC` : Prisma.sql`DESC`}
    LIMIT ${TO_READ}`
  return pageOf(rows, { after, before })
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
