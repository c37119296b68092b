import type { Db } from '../db/client.ts'
import { Prisma, type Role, type User, type UserStatus } from '../db/generated/sqlite/client.ts'
import { days, fromNow } from '../time.ts'

/** What of a person the lists read. */
export type Person = Pick<
  User,
  'id' | 'username' | 'name' | 'email' | 'role' | 'status' | 'createdAt' | 'lastSeenAt'
>

/** Whoever was never seen has the epoch there. */
export const wasSeen = (lastSeenAt: Date) => lastSeenAt.getTime() > 0

/** Which people a list is to show; what isn't given is no limit. */
type PeopleFilter = {
  /** Part of a username, address or name, or an id. */
  q: string
  status?: UserStatus | undefined
  role?: Role | undefined
  /** Signed up in the last so many days. */
  joined?: number | undefined
  twoFactor?: boolean | undefined
  /** Whether their address is still to be confirmed. */
  unconfirmed?: boolean | undefined
  /** Whether their password hash is still that of the system they came from. */
  imported?: boolean | undefined
}

/** Where in the list to read: after or before whom, and how many. */
type Place = { after?: string | undefined; before?: string | undefined; take: number }

/** As an id made at that time would begin (RFC 9562, version 7), so that the order of ids is that of sign-ups. */
const idAt = (at: Date) =>
  at
    .getTime()
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})/, '$1-')

/** The people a filter lets through, newest first; before somebody, the oldest first. */
export async function findPeople(db: Db, filter: PeopleFilter, { after, before, take }: Place) {
  const rows = await db.$queryRaw<Person[]>`
    SELECT "id", "username", "name", "email", "role", "status", "createdAt", "lastSeenAt" FROM "User"
    WHERE ${Prisma.join(conditions(filter), ' AND ')}
      AND ${after ? Prisma.sql`"id" < ${after}` : before ? Prisma.sql`"id" > ${before}` : Prisma.sql`TRUE`}
    ORDER BY "id" ${before ? Prisma.sql`ASC` : Prisma.sql`DESC`}
    LIMIT ${take}`
  return { rows }
}

function conditions({ q, status, role, joined, twoFactor, unconfirmed, imported }: PeopleFilter) {
  return [
    matching(q),
    status && Prisma.sql`"status" = ${status}`,
    role && Prisma.sql`"role" = ${role}`,
    joined && Prisma.sql`"id" >= ${idAt(fromNow(-days(joined)))}`,
    twoFactor !== undefined && Prisma.sql`"twoFactor" = ${twoFactor}`,
    unconfirmed && Prisma.sql`"email" IS NOT NULL AND "provenEmailKey" IS NULL`,
    imported && Prisma.sql`"passwordHash" <> '' AND substr("passwordHash", 1, 10) <> '$argon2id$'`,
  ].filter((condition) => condition instanceof Prisma.Sql)
}

/**
 * What a search box term may be a part of. Written in SQL, because to Prisma's `contains` the `%` and `_`
 * in it would stand for anything.
 */
function matching(q: string): Prisma.Sql {
  const term = q.trim().toLowerCase().normalize('NFC')
  if (!term) return Prisma.sql`TRUE`
  const part = `%${term.replace(/[\\%_]/g, '\\$&')}%`
  return Prisma.sql`("id" = ${term} OR "username" LIKE ${part} ESCAPE '\\' OR "emailKey" LIKE ${part} ESCAPE '\\' OR "nameKey" LIKE ${part} ESCAPE '\\')`
}
