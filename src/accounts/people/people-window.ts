import type { Db } from '../../db/client.ts'
import { Prisma, type User } from '../../db/generated/sqlite/client.ts'

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

/** A way through a list: by what, there or back; `unique` is the part of it that tells people apart. */
export type Order = {
  by: Prisma.Sql
  key: 'id' | 'lastSeenAt' | 'username'
  unique: Prisma.Sql
  past: (spot: Spot) => Prisma.Sql
}

const bySignUp = { key: 'id', unique: Prisma.sql`"id"` } as const
const newest: Order = {
  ...bySignUp,
  by: Prisma.sql`"id" DESC`,
  past: ({ id }) => Prisma.sql`"id" < ${id}`,
}
const oldest: Order = {
  ...bySignUp,
  by: Prisma.sql`"id"`,
  past: ({ id }) => Prisma.sql`"id" > ${id}`,
}
const bySeen = { key: 'lastSeenAt', unique: Prisma.sql`"id"` } as const
const lastSeen: Order = {
  ...bySeen,
  by: Prisma.sql`"lastSeenAt" DESC, "id" DESC`,
  past: ({ id, key }) => Prisma.sql`("lastSeenAt", "id") < (${key}, ${id})`,
}
const longestUnseen: Order = {
  ...bySeen,
  by: Prisma.sql`"lastSeenAt", "id"`,
  past: ({ id, key }) => Prisma.sql`("lastSeenAt", "id") > (${key}, ${id})`,
}
// A username is one person's: no id has to tell apart who has the same.
const byName = { key: 'username', unique: Prisma.sql`"username"` } as const
const byUsername: Order = {
  ...byName,
  by: Prisma.sql`"username"`,
  past: ({ key }) => Prisma.sql`"username" > ${key}`,
}
const byUsernameBack: Order = {
  ...byName,
  by: Prisma.sql`"username" DESC`,
  past: ({ key }) => Prisma.sql`"username" < ${key}`,
}

/** The orders of lists of people, there and back. Each has an index. */
export const ORDERS = {
  '-joined': { there: newest, back: oldest },
  joined: { there: oldest, back: newest },
  '-seen': { there: lastSeen, back: longestUnseen },
  seen: { there: longestUnseen, back: lastSeen },
  username: { there: byUsername, back: byUsernameBack },
  '-username': { there: byUsernameBack, back: byUsername },
} as const
export type Sort = keyof typeof ORDERS

/** Somebody's place in an order. */
export const spotIn = ({ key }: Order, person: Person): Spot => ({ id: person.id, key: person[key] })

const after = (order: Order, past: Spot | undefined) => (past ? order.past(past) : Prisma.sql`TRUE`)

/** Some people: `from` tells where they are and under which condition, `fits` who of them is wanted. */
export type PeopleSet = { from: Prisma.Sql; fits: Prisma.Sql }

/** Part of a way through a set: those past a spot, at most `size` of them. */
type Window = PeopleSet & { order: Order; past: Spot | undefined; size: number }

/**
 * Looks through a window, and gives those who fit, at most `take`, in order; and its last place, unless so many were
 * found before it, or the set ended there. Its LIMIT keeps planners from taking another way to the few that fit.
 */
export async function lookThrough(
  db: Db,
  { from, fits, order, past, size }: Window,
  take: number,
): Promise<{ rows: Person[]; end: Spot | undefined }> {
  const there = Prisma.sql`${from} AND ${after(order, past)} ORDER BY ${order.by}`
  const found = await db.$queryRaw<(Person & Record<'fits' | 'isLast', boolean | number>)[]>`
    SELECT * FROM (
      SELECT ${personColumns}, (${fits}) AS "fits",
        ${order.unique} = (SELECT ${order.unique} FROM ${there} LIMIT 1 OFFSET ${size - 1}) AS "isLast"
      FROM ${there} LIMIT ${size}
    ) AS "window" WHERE "fits" OR "isLast" ORDER BY ${order.by} LIMIT ${take}`
  const last = found.find(({ isLast }) => Boolean(isLast))
  return { rows: found.filter(({ fits }) => Boolean(fits)), end: last && spotIn(order, last) }
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
  return { rows: found.filter(({ id }) => id !== null), matches: Number(found[0]?.matches) }
}
