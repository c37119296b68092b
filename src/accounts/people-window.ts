import type { Db } from '../db/client.ts'
import { Prisma, type User } from '../db/generated/sqlite/client.ts'

/** What of a person the lists read. */
export type Person = Pick<
  User,
  'id' | 'username' | 'name' | 'email' | 'role' | 'status' | 'createdAt' | 'lastSeenAt'
>

/** Where somebody stands in an order. */
export type Spot = Pick<Person, 'id' | 'username' | 'lastSeenAt'>

type Order = { by: Prisma.Sql; reversed: Prisma.Sql; past: (spot: Spot) => Prisma.Sql }

const newest: Order = {
  by: Prisma.sql`"id" DESC`,
  reversed: Prisma.sql`"id"`,
  past: ({ id }) => Prisma.sql`"id" < ${id}`,
}
const oldest: Order = {
  by: newest.reversed,
  reversed: newest.by,
  past: ({ id }) => Prisma.sql`"id" > ${id}`,
}
const lastSeen: Order = {
  by: Prisma.sql`"lastSeenAt" DESC, "id" DESC`,
  reversed: Prisma.sql`"lastSeenAt", "id"`,
  past: ({ id, lastSeenAt }) => Prisma.sql`("lastSeenAt", "id") < (${lastSeenAt}, ${id})`,
}
const firstSeen: Order = {
  by: lastSeen.reversed,
  reversed: lastSeen.by,
  past: ({ id, lastSeenAt }) => Prisma.sql`("lastSeenAt", "id") > (${lastSeenAt}, ${id})`,
}
const byUsername: Order = {
  by: Prisma.sql`"username"`,
  reversed: Prisma.sql`"username" DESC`,
  past: ({ username }) => Prisma.sql`"username" > ${username}`,
}
const fromLastUsername: Order = {
  by: byUsername.reversed,
  reversed: byUsername.by,
  past: ({ username }) => Prisma.sql`"username" < ${username}`,
}

/** The orders of lists of people, each there and back. Each has an index. */
export const ORDERS = {
  '-joined': { there: newest, back: oldest },
  joined: { there: oldest, back: newest },
  '-seen': { there: lastSeen, back: firstSeen },
  seen: { there: firstSeen, back: lastSeen },
  username: { there: byUsername, back: fromLastUsername },
}

/** Part of an order to look through: those of `set` past a spot, at most `size` of them. */
type Window = { set: Prisma.Sql; order: Order; past: Spot | undefined; size: number }

/** Beside each row, as there may be none. */
type End = { seen: bigint; lastId: string; lastName: string; lastAt: Date }

/**
 * Looks through a window, and gives those who also meet `fits`, at most `take`, in order; how many it looked at,
 * and the last of them. What it looks at is set apart first, so that no planner takes another way to the few that fit.
 */
export async function lookThrough(
  db: Db,
  { set, order, past, size }: Window,
  fits: Prisma.Sql,
  take: number,
): Promise<{ rows: Person[]; seen: number; last: Spot | undefined }> {
  const found = await db.$queryRaw<(Person & End)[]>`
    WITH "window" AS MATERIALIZED (
      SELECT "id", "username", "name", "email", "role", "status", "createdAt", "lastSeenAt", (${fits}) AS "fits"
      FROM "User" WHERE ${set} AND ${past ? order.past(past) : Prisma.sql`TRUE`}
      ORDER BY ${order.by} LIMIT ${size}
    )
    SELECT * FROM (
      SELECT (SELECT count(*) FROM "window") AS "seen", "id" AS "lastId", "username" AS "lastName",
        "lastSeenAt" AS "lastAt" FROM "window" ORDER BY ${order.reversed} LIMIT 1
    ) AS "end" LEFT JOIN (
      SELECT "id", "username", "name", "email", "role", "status", "createdAt", "lastSeenAt" FROM "window"
      WHERE "fits" ORDER BY ${order.by} LIMIT ${take}
    ) AS "found" ON TRUE ORDER BY ${order.by}`
  const [end] = found
  return {
    rows: found
      .filter(({ id }) => id !== null)
      .map(({ seen: _, lastId: __, lastName: ___, lastAt: ____, ...person }) => person),
    seen: Number(end?.seen ?? 0),
    last: end && { id: end.lastId, username: end.lastName, lastSeenAt: end.lastAt },
  }
}
