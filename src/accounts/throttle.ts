import type { Db } from '../db/client.ts'
import { Refusal } from '../errors.ts'
import { now } from '../time.ts'

/** How often something may be tried under one key: `burst` times at once, one more every `refill` ms. */
export type Budget = { key: string; burst: number; refill: number }

/**
 * Takes one try from each budget, or throws a 429 that says when to come back. The generic cell rate
 * algorithm in one statement that both databases take: the count is exact under any number of parallel
 * tries and shared by all processes, and it is taken before the work it guards (ASVS 5.0 6.3.1).
 */
export async function spend(db: Db, budgets: readonly Budget[]): Promise<void> {
  for (const { key, burst, refill } of budgets) {
    const at = BigInt(now())
    const step = BigInt(refill)
    const limit = at + step * BigInt(burst - 1)
    const taken = await db.$executeRaw`
      INSERT INTO "Throttle" ("key", "tat") VALUES (${key}, ${at + step})
      ON CONFLICT ("key") DO UPDATE
        SET "tat" = (CASE WHEN "Throttle"."tat" > ${at} THEN "Throttle"."tat" ELSE ${at} END) + ${step}
        WHERE "Throttle"."tat" <= ${limit}`
    if (taken === 0) throw await tooManyTries(db, key, limit)
  }
}

/** Gives one try back, because it succeeded: budgets count failures. Never more than was taken. */
export async function giveBack(db: Db, budgets: readonly Budget[]): Promise<void> {
  for (const { key, refill } of budgets) {
    await db.$executeRaw`UPDATE "Throttle" SET "tat" = "tat" - ${BigInt(refill)} WHERE "key" = ${key}`
  }
}

async function tooManyTries(db: Db, key: string, limit: bigint): Promise<Refusal> {
  const bucket = await db.throttle.findUnique({ where: { key } })
  const wait = Math.max(1, Math.ceil(Number((bucket?.tat ?? limit) - limit) / 1000))
  return new Refusal(429, 'There have been too many tries in a short time. This is a pause, not a lock.', {
    retryAfterSeconds: wait,
  })
}
