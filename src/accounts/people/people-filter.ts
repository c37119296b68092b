import { Prisma, type Role, type UserStatus } from '../../db/generated/sqlite/client.ts'
import { days, fromNow } from '../../time.ts'
import { idAt } from '../new-id.ts'

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

/** A condition that has an index in which those who meet it are by id, and perhaps some in which they are otherwise. */
type Indexed = {
  condition: Prisma.Sql
  indexes: { id: Prisma.Sql; lastSeenAt?: Prisma.Sql; username?: Prisma.Sql }
}

/** What is asked for, but for the term and the time; what lets the fewest through comes first. */
export function indexedConditions(filter: PeopleFilter): Indexed[] {
  const { status, role, twoFactor, unconfirmed, imported } = filter
  const byStatus = {
    condition: Prisma.sql`"status" = ${status ?? null}`,
    indexes: { id: Prisma.sql`"User_status_id_idx"` },
  }
  const byRareStatus = {
    // As two of the indexes have it, word for word.
    condition: Prisma.sql`"status" <> 'active' AND ${byStatus.condition}`,
    indexes: {
      ...byStatus.indexes,
      lastSeenAt: Prisma.sql`"User_rare_status_lastSeenAt_idx"`,
      username: Prisma.sql`"User_rare_status_username_idx"`,
    },
  }
  const byRole = {
    condition: Prisma.sql`"role" = ${role ?? null}`,
    indexes: { id: Prisma.sql`"User_role_id_idx"` },
  }
  return [
    role && role !== 'member' && byRole,
    status && status !== 'active' && byRareStatus,
    // As the index has it, word for word; the next one too.
    imported && {
      condition: Prisma.sql`"passwordHash" <> '' AND substr("passwordHash", 1, 10) <> '$argon2id$'`,
      indexes: { id: Prisma.sql`"User_imported_idx"` },
    },
    unconfirmed && {
      condition: Prisma.sql`"email" IS NOT NULL AND "provenEmailKey" IS NULL`,
      indexes: { id: Prisma.sql`"User_unconfirmed_idx"` },
    },
    twoFactor !== undefined && {
      condition: Prisma.sql`"twoFactor" = ${twoFactor}`,
      indexes: { id: Prisma.sql`"User_twoFactor_id_idx"` },
    },
    status === 'active' && byStatus,
    role === 'member' && byRole,
  ].filter((indexed) => typeof indexed === 'object')
}

/** As the id of whoever was the first to sign up in the time that is asked for would begin. */
export const firstId = ({ joined }: PeopleFilter): string | undefined =>
  joined ? idAt(fromNow(-days(joined))) : undefined

/** Who signed up in the time that is asked for. */
export function since(filter: PeopleFilter): Prisma.Sql {
  const first = firstId(filter)
  return first ? Prisma.sql`"id" >= ${first}` : Prisma.sql`TRUE`
}
