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
const idAt = (at: Date) =>
  at
    .getTime()
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})/, '$1-')

const isSql = (condition: unknown) => condition instanceof Prisma.Sql

/** What is asked for, as conditions that each have an index by id; those that let the fewest through come first. */
export function indexedConditions({ status, role, twoFactor, unconfirmed, imported }: PeopleFilter) {
  const rare = status !== 'active' && status !== undefined && Prisma.sql`"status" = ${status}`
  return [
    role && role !== 'member' && Prisma.sql`"role" = ${role}`,
    rare,
    // As the indexes have them, word for word.
    imported && Prisma.sql`"passwordHash" <> '' AND substr("passwordHash", 1, 10) <> '$argon2id$'`,
    unconfirmed && Prisma.sql`"email" IS NOT NULL AND "provenEmailKey" IS NULL`,
    twoFactor !== undefined && Prisma.sql`"twoFactor" = ${twoFactor}`,
    status === 'active' && Prisma.sql`"status" = ${status}`,
    role === 'member' && Prisma.sql`"role" = ${role}`,
  ].filter(isSql)
}

/** Who signed up in the time that is asked for: a part of every order by id. */
export const since = ({ joined }: PeopleFilter) =>
  joined ? Prisma.sql`"id" >= ${idAt(fromNow(-days(joined)))}` : Prisma.sql`TRUE`

/** A search term as the columns that are searched are written. */
export const searchTerm = (q: string) => q.trim().toLowerCase().normalize('NFC')

/** What a search box term may be a part of. In SQL, as to Prisma's `contains` its `%` and `_` stood for anything. */
export function matching(term: string): Prisma.Sql {
  if (!term) return Prisma.sql`TRUE`
  const part = `%${term.replace(/[\\%_]/g, '\\$&')}%`
  return Prisma.sql`("id" = ${term} OR "username" LIKE ${part} ESCAPE '\\' OR "emailKey" LIKE ${part} ESCAPE '\\' OR "nameKey" LIKE ${part} ESCAPE '\\')`
}
