import type { Db, Tx } from '../db/client.ts'
import { Refusal } from '../errors.ts'
import { now } from '../time.ts'

/** How often something may be tried under one key: `burst` times at once, one more every `refill` ms. */
export type Budget = { key: string; burst: number; refill: number }

/**
 * Takes one try from each budget, or throws a 429 that says when to come back. It is taken before the work
 * it guards (ASVS 5.0 6.3.1), and what comes first in the list guards the rest.
 */
export async function spend(db: Db, budgets: readonly Budget[]): Promise<void> {
  for (const budget of budgets) if (!(await hasTry(db, budget))) throw await tooManyTries(db, budget)
}

/**
 * Takes one try from a budget, if there is one. The generic cell rate algorithm in one statement that both
 * databases take: exact under any number of parallel tries, and shared by all processes.
 */
export async function hasTry(db: Db | Tx, { key, burst, refill }: Budget): Promise<boolean> {
  const at = BigInt(now())
  const step = BigInt(refill)
  const taken = await db.$executeRaw`
    INSERT INTO "Throttle" ("key", "tat") VALUES (${key}, ${at + step})
    ON CONFLICT ("key") DO UPDATE
      SET "tat" = (CASE WHEN "Throttle"."tat" > ${at} THEN "Throttle"."tat" ELSE ${at} END) + ${step}
      WHERE "Throttle"."tat" <= ${at + step * BigInt(burst - 1)}`
  return taken > 0
}

/** Gives one try back, because it succeeded: budgets count failures. Never more than was taken. */
export async function giveBack(db: Db | Tx, budgets: readonly Budget[]): Promise<void> {
  for (const { key, refill } of budgets) {
    await db.$executeRaw`UPDATE "Throttle" SET "tat" = "tat" - ${BigInt(refill)} WHERE "key" = ${key}`
  }
}

async function tooManyTries(db: Db, { key, burst, refill }: Budget): Promise<Refusal> {
  const bucket = await db.throttle.findUnique({ where: { key } })
  const wait = Number(bucket?.tat ?? 0) - refill * (burst - 1) - now()
  return new Refusal(
    429,
    'There have been too many tries in a short time, so nothing was done. This is a pause, not a lock.',
    { retryAfterSeconds: Math.max(1, Math.ceil(wait / 1000)) },
  )
}
