import { describeDevice } from '../../accounts/device.ts'
import { describeEvent } from '../../accounts/event-words.ts'
import type { Db } from '../../db/client.ts'
import type { AuditEvent } from '../../db/generated/sqlite/client.ts'
import { instant } from '../../http/instant.ts'

const SHOWN = 50

/** What is in the audit trail about one person, newest first, in words. */
export async function historyOf(db: Db, userId: string) {
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
    history: events.slice(0, SHOWN).map((event) => entry(event, names)),
    moreHistory: events.length > SHOWN,
  }
}

function entry(row: AuditEvent, names: Map<string, string>) {
  const { event, at, actor, ip, userAgent } = row
  return {
    ...describeEvent(row),
    event,
    by: names.get(actor) ?? actor,
    at: instant(at),
    from: [userAgent && describeDevice(userAgent), ip].filter(Boolean).join(', '),
  }
}
