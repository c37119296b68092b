import { randomUUID } from 'node:crypto'
import type { Db, Tx } from '../db/client.ts'
import { Prisma, type TallyChange, type UserStatus } from '../db/generated/sqlite/client.ts'
import { serializable } from '../db/transaction.ts'
import { type Log, repeat } from '../repeat.ts'
import { days, fromNow, seconds } from '../time.ts'

const ADD_UP_EVERY = seconds(10)
/** As many changes as one statement can name. */
const BATCH = 500

/** The day of an instant, as days are counted: UTC, `2026-11-23`. */
const dayOf = (at: Date) => at.toISOString().slice(0, 10)

/** The last so many days, today at the end. */
export const lastDays = (count: number) =>
  Array.from({ length: count }, (_, i) => dayOf(fromNow(-days(count - 1 - i))))

/**
 * How many people there are, in all, by status, and of all those with a confirmed address. Read from what the
 * database itself counts with every change: as quick for ten million as for ten.
 */
export async function countPeople(db: Db): Promise<Record<UserStatus | 'all' | 'confirmed', number>> {
  const kinds = ['pending', 'active', 'suspended', 'closing', 'confirmed'] as const
  const count = await countsOf(
    db,
    kinds.map((kind) => `people.${kind}`),
    [''],
  )
  const [pending = 0, active = 0, suspended = 0, closing = 0, confirmed = 0] = kinds.map((kind) =>
    count(`people.${kind}`, ''),
  )
  return { pending, active, suspended, closing, confirmed, all: pending + active + suspended + closing }
}

/** How often something happened on each of some days (UTC): a function of its name and the day. */
export async function countsOf(db: Db, names: string[], on: string[]) {
  const where = Prisma.sql`"name" IN (${Prisma.join(names)}) AND "day" IN (${Prisma.join(on)})`
  const sums = await db.$queryRaw<{ name: string; day: string; count: bigint | number }[]>`
    SELECT "name", "day", sum("count") AS "count" FROM (
      SELECT "name", "day", "count" FROM "Tally" WHERE ${where}
      UNION ALL SELECT "name", "day", "count" FROM "TallyChange" WHERE ${where}
    ) AS "counts" GROUP BY "name", "day"`
  const found = new Map(sums.map(({ name, day, count }) => [`${name} ${day}`, Number(count)]))
  return (name: string, day: string) => found.get(`${name} ${day}`) ?? 0
}

/** Adds to how often something happened today. */
const countUp = (db: Db, name: string, count: number) =>
  db.tallyChange.create({ data: { id: randomUUID(), name, day: dayOf(fromNow(0)), count } })

/**
 * Adds up what changed since the last time, so that the changes stay few, and notes for today how many people
 * there are. Any number of processes may do so.
 */
export async function addUp(db: Db): Promise<void> {
  while ((await serializable(db, addSomeUp)) === BATCH);
  const { all, confirmed } = await countPeople(db)
  await note(db, 'people.all', all)
  await note(db, 'people.confirmed', confirmed)
}

async function addSomeUp(tx: Tx): Promise<number> {
  const changes = await tx.tallyChange.findMany({ take: BATCH })
  await tx.tallyChange.deleteMany({ where: { id: { in: changes.map(({ id }) => id) } } })
  for (const [{ name, day, count }, ...more] of groupsOf(changes)) {
    const sum = more.reduce((sum, change) => sum + change.count, count)
    await tx.$executeRaw`
      INSERT INTO "Tally" ("name", "day", "count") VALUES (${name}, ${day}, ${sum})
      ON CONFLICT ("name", "day") DO UPDATE SET "count" = "Tally"."count" + excluded."count"`
  }
  return changes.length
}

const groupsOf = (changes: TallyChange[]) =>
  [...Map.groupBy(changes, ({ name, day }) => `${name} ${day}`).values()] as [TallyChange, ...TallyChange[]][]

/** Notes for today the most there was of something at once. */
export async function noteMost(db: Db, name: string, count: number): Promise<void> {
  await db.$executeRaw`
    INSERT INTO "Tally" ("name", "day", "count") VALUES (${name}, ${dayOf(fromNow(0))}, ${count})
    ON CONFLICT ("name", "day") DO UPDATE SET "count" = excluded."count"
      WHERE excluded."count" > "Tally"."count"`
}

/** Notes for today how many there are of something. */
export async function note(db: Db, name: string, count: number): Promise<void> {
  const day = dayOf(fromNow(0))
  await db.tally.upsert({
    where: { name_day: { name, day } },
    create: { name, day, count },
    update: { count },
  })
}

/**
 * Adds up every few seconds, and first counts what `takeCounts` hands over, then notes what else is to be noted.
 * Answers how to stop it.
 */
export function startAddingUp(
  db: Db,
  takeCounts: () => Record<string, number>,
  log: Log,
  noteMore = async () => {},
) {
  const turn = async () => {
    for (const [name, count] of Object.entries(takeCounts())) if (count) await countUp(db, name, count)
    await addUp(db)
    await noteMore()
  }
  const stop = repeat(async () => {
    await turn().catch(log.error)
    return ADD_UP_EVERY
  })
  return async () => {
    await stop()
    await turn().catch(log.error)
  }
}
