import { setTimeout as sleep } from 'node:timers/promises'
import type { Db, Tx } from './client.ts'
import { isWriteConflict } from './errors.ts'

const TRIES = 10

/**
 * Runs `work` as if no other transaction ran beside it, again if the database had to break it off
 * (PostgreSQL's 40001, Prisma's P2034). For rules that span rows, such as "one administrator stays".
 * `timeout` (ms) is for work that may take longer than usual.
 */
export async function serializable<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  options: { timeout?: number } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.$transaction(work, { ...options, isolationLevel: 'Serializable' })
    } catch (error) {
      if (!isWriteConflict(error) || attempt === TRIES) throw error
      await sleep(Math.random() * 10 * attempt)
    }
  }
}
