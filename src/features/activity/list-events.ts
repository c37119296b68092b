import { maySeeFrom, whoDid } from '../../accounts/actor.ts'
import { describeEvent } from '../../accounts/audit/event-words.ts'
import type { KeyedServices } from '../../accounts/services.ts'
import { instant } from '../../http/instant.ts'
import { newestFirst, type PageKeys, pageOf } from '../../http/lists.ts'

const names = {
  you: 'You',
  visitor: 'Someone who wasn’t signed in',
  administrator: 'An administrator',
  operator: 'An administrator',
  foyer: 'The service',
}

/**
 * A page of what happened to an account, newest first, as its member may read it: of administrators neither
 * the name nor from where they work.
 */
export async function listEvents(
  { db, placeOf }: Pick<KeyedServices, 'db' | 'placeOf'>,
  userId: string,
  keys: PageKeys,
) {
  const read = await db.auditEvent.findMany(newestFirst(keys, { subjectId: userId }))
  const { rows, ...beside } = pageOf(read, keys)
  const events = rows.map((row) => {
    const by = whoDid(row.actor, userId)
    const { from, ...words } = describeEvent(row, placeOf)
    return { ...words, by: names[by], ...(maySeeFrom(by) && { from }), at: instant(row.at) }
  })
  return { events, ...beside }
}
