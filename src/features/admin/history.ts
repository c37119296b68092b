import type { AuditEventName } from '../../accounts/audit.ts'
import { describeDevice } from '../../accounts/device.ts'
import { eventWords } from '../../accounts/event-words.ts'
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

function entry({ event, at, actor, ip, userAgent, detail }: AuditEvent, names: Map<string, string>) {
  const { text, kind } = eventWords[event as AuditEventName]
  const reason = (detail as { reason?: string } | null)?.reason
  return {
    kind,
    event,
    text: reason ? `${text}. Reason: “${reason}”` : text,
    by: names.get(actor) ?? actor,
    at: instant(at),
    from: [userAgent && describeDevice(userAgent), ip].filter(Boolean).join(', '),
  }
}
