import { Prisma, type Role, type UserStatus } from '../db/generated/sqlite/client.ts'
import { days, fromNow } from '../time.ts'

/** Which people a list is to show; what isn't given is no limit. */
export type PeopleFilter = {
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

/** As an id made at that time would begin (RFC 9562, version 7), so that the order of ids is that of sign-ups. */
export const idAt = (at: Date) =>
  at
    .getTime()
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})/, '$1-')

const isSql = (condition: unknown) => condition instanceof Prisma.Sql

/** What is asked for, as conditions that each have an index by id; those that let the fewest through come first. */
export function indexedConditions({ status, role, twoFactor, unconfirmed, imported }: PeopleFilter) {
  const byStatus = Prisma.sql`"status" = ${status ?? null}`
  const byRole = Prisma.sql`"role" = ${role ?? null}`
  return [
    role && role !== 'member' && byRole,
    status && status !== 'active' && byStatus,
    // As the indexes have them, word for word.
    imported && Prisma.sql`"passwordHash" <> '' AND substr("passwordHash", 1, 10) <> '$argon2id$'`,
    unconfirmed && Prisma.sql`"email" IS NOT NULL AND "provenEmailKey" IS NULL`,
    twoFactor !== undefined && Prisma.sql`"twoFactor" = ${twoFactor}`,
    status === 'active' && byStatus,
    role === 'member' && byRole,
  ].filter(isSql)
}

/** Who signed up in the time that is asked for: a part of every order by id. */
export const since = ({ joined }: PeopleFilter) =>
  joined ? Prisma.sql`"id" >= ${idAt(fromNow(-days(joined)))}` : Prisma.sql`TRUE`

export const all = (conditions: Prisma.Sql[]) =>
  conditions.length ? Prisma.join(conditions, ' AND ') : Prisma.sql`TRUE`
