import { describeEvent } from '../../accounts/audit/event-words.ts'
import { namesOf } from '../../accounts/audit/find-events.ts'
import { idAt } from '../../accounts/new-id.ts'
import type { KeyedServices } from '../../accounts/services.ts'
import { instant } from '../../http/instant.ts'
import { newestFirst, type PageKeys, pageOf, pagesBeside } from '../../http/lists.ts'
import { days, fromNow } from '../../time.ts'

/** A page of what is in the audit trail about one person, newest first, in words. */
export async function historyOf(
  { db, placeOf }: Pick<KeyedServices, 'db' | 'placeOf'>,
  userId: string,
  keys: PageKeys,
) {
  const read = await db.auditEvent.findMany(newestFirst(keys, { subjectId: userId }))
  const { rows, ...beside } = pageOf(read, keys)
  const names = await namesOf(db, rows)
  return {
    history: rows.map((event) => ({
      ...describeEvent(event, placeOf),
      by: names.get(event.actor) ?? event.actor,
      at: instant(event.at),
    })),
    ...pagesBeside(`/admin/users/${userId}`, beside),
  }
}

/** So many rows tell enough: whoever is attacked may have very many. */
const LOOKED_AT = 1000

/** How often somebody failed to sign in as them in the past 30 days; at least so often if there is very much to read. */
export async function failedTries({ db }: Pick<KeyedServices, 'db'>, subjectId: string) {
  const latest = await db.auditEvent.findMany({
    where: { subjectId, id: { gte: idAt(fromNow(-days(30))) } },
    orderBy: { id: 'desc' },
    take: LOOKED_AT,
    select: { event: true },
  })
  const failures = ['login.failed', 'two-factor.failed']
  const count = latest.filter(({ event }) => failures.includes(event)).length
  return { count, orMore: latest.length === LOOKED_AT }
}
