import type { Db } from '../../db/client.ts'
import { fromNow, now } from '../../time.ts'

/** Removes what has run out and opens nothing any more: sessions, one-time tokens, refilled throttles. */
export async function purge(db: Db): Promise<void> {
  await db.session.deleteMany({ where: { expiresAt: { lt: fromNow(0) } } })
  await db.token.deleteMany({ where: { expiresAt: { lt: fromNow(0) } } })
  await db.throttle.deleteMany({ where: { tat: { lt: BigInt(now()) } } })
}
