import type { AuditEventName } from '../../accounts/audit.ts'
import { describeDevice } from '../../accounts/device.ts'
import type { Db } from '../../db/client.ts'
import type { AuditEvent } from '../../db/generated/sqlite/client.ts'
import { instant } from '../../http/instant.ts'

const SHOWN = 50

const words: Record<AuditEventName, { text: string; kind?: 'ok' | 'bad' }> = {
  'user.registered': { text: 'Account created', kind: 'ok' },
  'user.made-admin': { text: 'Account created as an administrator', kind: 'ok' },
  'user.name-changed': { text: 'Name changed' },
  'user.suspended': { text: 'Suspended', kind: 'bad' },
  'user.restored': { text: 'Suspension lifted' },
  'registration.honeypot': { text: 'Sign-up by a program turned away', kind: 'bad' },
  'registration.address-corrected': { text: 'Email address corrected before it was confirmed' },
  'registration.expired': { text: 'Address never confirmed, account removed', kind: 'bad' },
  'session.started': { text: 'Signed in', kind: 'ok' },
  'session.ended': { text: 'Signed out' },
  'login.failed': { text: 'Sign-in failed', kind: 'bad' },
  'email.proven': { text: 'Email address confirmed', kind: 'ok' },
  'email.change-requested': { text: 'Change of email address asked for' },
  'email.change-cancelled': { text: 'Change of email address cancelled' },
  'email.change-undone': { text: 'Change of email address undone from the old one', kind: 'bad' },
  'password.changed': { text: 'Password changed', kind: 'ok' },
  'password.reset': { text: 'Password reset by a link', kind: 'ok' },
  'password.reset-requested': { text: 'Link for a new password asked for' },
  'password.reset-link-made': { text: 'Link for a new password made' },
  'mail.sent-again': { text: 'A mail was put up to be sent again' },
  'mail.opened': { text: 'A mail was opened with its link' },
  'password.rehashed': { text: 'Password stored with stronger settings' },
}

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
  const { text, kind } = words[event as AuditEventName]
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
