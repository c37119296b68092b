import type { Db } from '../db/client.ts'
import { Prisma, type User } from '../db/generated/sqlite/client.ts'

/** What of a person the lists read. */
export type Person = Pick<
  User,
  | 'id'
  | 'username'
  | 'name'
  | 'email'
  | 'role'
  | 'status'
  | 'createdAt'
  | 'lastSeenAt'
  | 'provenEmailKey'
  | 'twoFactor'
>

/** Their columns, in that order. */
export const personColumns = Prisma.sql`"id", "username", "name", "email", "role", "status", "createdAt", "lastSeenAt", "provenEmailKey", "twoFactor"`

/** Somebody's place in an order: what it is by, and their id. */
export type Spot = { id: string; key: string | Date }

/** A way through a list: there or back. */
export type Order = {
  by: Prisma.Sql
  reversed: Prisma.Sql
  key: Prisma.Sql
  past: (spot: Spot) => Prisma.Sql
}

const newest: Order = {
  by: Prisma.sql`"id" DESC`,
  reversed: Prisma.sql`"id"`,
  key: Prisma.sql`"id"`,
  past: ({ id }) => Prisma.sql`"id" < ${id}`,
}
const oldest: Order = {
  ...{ by: newest.reversed, reversed: newest.by, key: newest.key },
  past: ({ id }) => Prisma.sql`"id" > ${id}`,
}
const lastSeen: Order = {
  by: Prisma.sql`"lastSeenAt" DESC, "id" DESC`,
  reversed: Prisma.sql`"lastSeenAt", "id"`,
  key: Prisma.sql`"lastSeenAt"`,
  past: ({ id, key }) => Prisma.sql`("lastSeenAt", "id") < (${key}, ${id})`,
}
const longestUnseen: Order = {
  ...{ by: lastSeen.reversed, reversed: lastSeen.by, key: lastSeen.key },
  past: ({ id, key }) => Prisma.sql`("lastSeenAt", "id") > (${key}, ${id})`,
}
// A username is one person's: no id has to tell apart who has the same.
const byUsername: Order = {
  by: Prisma.sql`"username"`,
  reversed: Prisma.sql`"username" DESC`,
  key: Prisma.sql`"username"`,
  past: ({ key }) => Prisma.sql`"username" > ${key}`,
}
const byUsernameBack: Order = {
  ...{ by: byUsername.reversed, reversed: byUsername.by, key: byUsername.key },
  past: ({ key }) => Prisma.sql`"username" < ${key}`,
}

/** The orders of lists of people, there and back, and what each is by. Each has an index. */
export const ORDERS = {
  '-joined': { there: newest, back: oldest, key: 'id' },
  joined: { there: oldest, back: newest, key: 'id' },
  '-seen': { there: lastSeen, back: longestUnseen, key: 'lastSeenAt' },
  seen: { there: longestUnseen, back: lastSeen, key: 'lastSeenAt' },
  username: { there: byUsername, back: byUsernameBack, key: 'username' },
  '-username': { there: byUsernameBack, back: byUsername, key: 'username' },
} as const
export type Sort = keyof typeof ORDERS

const after = (order: Order, past: Spot | undefined) => (past ? order.past(past) : Prisma.sql`TRUE`)

/** The rows that a join of at least one has, without what stands beside them. */
const peopleIn = (rows: Person[]): Person[] =>
  rows
    .filter(({ id }) => id !== null)
    .map(({ id, username, name, email, role, status, createdAt, lastSeenAt, provenEmailKey, twoFactor }) => ({
      ...{ id, username, name, email, role, status, createdAt, lastSeenAt, provenEmailKey, twoFactor },
    }))

/** Some people: `from` tells where they are and under which condition, `fits` who of them is wanted. */
export type PeopleSet = { from: Prisma.Sql; fits: Prisma.Sql }

/** Part of a way through a set: those past a spot, at most `size` of them. */
type Window = PeopleSet & { order: Order; past: Spot | undefined; size: number }

/** Beside each row, as there may be none. */
type End = { seen: bigint; lastId: string; lastKey: string | Date }

/**
 * Looks through a window, and gives those who fit, at most `take`, in order; how many it looked at,
 * and the last of them. What it looks at is set apart first, so that no planner takes another way to the few that fit.
 */
export async function lookThrough(
  db: Db,
  { from, fits, order, past, size }: Window,
  take: number,
): Promise<{ rows: Person[]; seen: number; last: Spot | undefined }> {
  const found = await db.$queryRaw<(Person & End)[]>`
    WITH "window" AS MATERIALIZED (
      SELECT ${personColumns}, (${fits}) AS "fits" FROM ${from} AND ${after(order, past)}
      ORDER BY ${order.by} LIMIT ${size}
    )
    SELECT * FROM (
      SELECT (SELECT count(*) FROM "window") AS "seen", "id" AS "lastId", ${order.key} AS "lastKey" FROM "window"
      ORDER BY ${order.reversed} LIMIT 1
    ) AS "end" LEFT JOIN (
      SELECT ${personColumns} FROM "window" WHERE "fits" ORDER BY ${order.by} LIMIT ${take}
    ) AS "found" ON TRUE ORDER BY ${order.by}`
  const [end] = found
  return {
    rows: peopleIn(found),
    seen: Number(end?.seen ?? 0),
    last: end && { id: end.lastId, key: end.lastKey },
  }
}

/** How a set is read: in which order, past whom, and how many. */
export type Way = { order: Order; past: Spot | undefined; take: number }

/** People of a set, and how many of it fit in all. */
export type Picked = { rows: Person[]; matches: number }

/** Puts a small set in order, and gives those past a spot, at most `take`. */
export async function pickFrom(
  db: Pick<Db, '$queryRaw'>,
  { from, fits }: PeopleSet,
  { order, past, take }: Way,
): Promise<Picked> {
  const found = await db.$queryRaw<(Person & { matches: bigint })[]>`
    WITH "set" AS MATERIALIZED (SELECT ${personColumns}, (${fits}) AS "fits" FROM ${from})
    SELECT * FROM (
      SELECT count(*) AS "matches" FROM "set" WHERE "fits"
    ) AS "all" LEFT JOIN (
      SELECT ${personColumns} FROM "set" WHERE "fits" AND ${after(order, past)} ORDER BY ${order.by} LIMIT ${take}
    ) AS "found" ON TRUE ORDER BY ${order.by}`
  return { rows: peopleIn(found), matches: Number(found[0]?.matches) }
}
