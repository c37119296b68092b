import { record, type Source } from '../../accounts/audit.ts'
import { hasTry } from '../../accounts/throttle.ts'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { hours } from '../../time.ts'

/** Notes that an administrator or support looked at a person, once an hour however often they do (ASVS 5.0 16.3). */
export async function noteView(db: Db, viewer: User, { id: subjectId }: User, source: Source): Promise<void> {
  if (viewer.id === subjectId) return
  const budget = { key: `viewed:${viewer.id}:${subjectId}`, burst: 1, refill: hours(1) }
  await db.$transaction(async (tx) => {
    if (await hasTry(tx, budget)) await record(tx, 'user.viewed', { actor: viewer.id, subjectId, source })
  })
}
