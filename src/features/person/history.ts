import { describeEvent } from '../../accounts/event-words.ts'
import type { KeyedServices } from '../../accounts/services.ts'
import { instant } from '../../http/instant.ts'

const SHOWN = 50

/** What is in the audit trail about one person, newest first, in words. */
export async function historyOf({ db, placeOf }: Pick<KeyedServices, 'db' | 'placeOf'>, userId: string) {
  const events = await db.auditEvent.findMany({
    where: { subjectId: userId },
    orderBy: { id: 'desc' },
    take: SHOWN + 1,
  })
  const actors = await db.user.findMany({
    where: { id: { in: [...new Set(events.map(({ actor }) => actor))] } },
    select: { id: true, username: true },
  })
  const names = new Map(actors.map(({ id, username }) => [id, username]))
  return {
    history: events.slice(0, SHOWN).map((event) => ({
      ...describeEvent(event, placeOf),
      by: names.get(event.actor) ?? event.actor,
      at: instant(event.at),
    })),
    moreHistory: events.length > SHOWN,
  }
}
