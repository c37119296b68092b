import type { Db, Tx } from '../../db/client.ts'

/** Everything that can stand in the audit trail. Past tense; a new event is a new line here. */
export type AuditEventName =
  | 'user.registered'
  | 'user.made-admin'
  | 'user.made'
  | 'user.name-changed'
  | 'user.username-changed'
  | 'user.region-changed'
  | 'data.downloaded'
  | 'user.role-changed'
  | 'user.viewed'
  | 'user.suspended'
  | 'user.restored'
  | 'user.closing'
  | 'user.kept'
  | 'user.erased'
  | 'registration.honeypot'
  | 'registration.address-corrected'
  | 'registration.expired'
  | 'request.approved'
  | 'request.rejected'
  | 'two-factor.turned-on'
  | 'two-factor.turned-off'
  | 'two-factor.failed'
  | 'two-factor.reset'
  | 'recovery-code.used'
  | 'recovery-codes.made'
  | 'session.started'
  | 'session.proven'
  | 'session.ended'
  | 'session.revoked'
  | 'session.all-revoked'
  | 'login.failed'
  | 'proof.failed'
  | 'access.refused'
  | 'access.network-refused'
  | 'access.site-refused'
  | 'change.refused'
  | 'password.rehashed'
  | 'password.changed'
  | 'passkey.added'
  | 'passkey.renamed'
  | 'passkey.removed'
  | 'passkey.count-regressed'
  | 'passkey.backup-changed'
  | 'email.proven'
  | 'email.proof-sent-again'
  | 'email.replaced'
  | 'email.change-requested'
  | 'email.change-cancelled'
  | 'email.change-undone'
  | 'password.removed'
  | 'password.reset'
  | 'password.reset-requested'
  | 'password.reset-link-made'
  | 'invitation.made'
  | 'invitation.sent-again'
  | 'invitation.cancelled'
  | 'invitation.used'
  | 'mail.sent-again'
  | 'setting.changed'
  | 'terms.agreed'
  | 'mail.opened'
  | 'audit.viewed'
  | 'audit.downloaded'
  | 'audit.cleared'
  | 'people.exported'
  | 'people.export-ended'
  | 'job.started'
  | 'job.paused'
  | 'job.resumed'
  | 'job.cancelled'
  | 'job.finished'
  | 'job.downloaded'

/** Where a request came from, for the audit trail and the throttles. */
export type Source = {
  ip: string
  /** Roughly where that is, if it is known. */
  place?: string | undefined
  userAgent: string
  requestId: string
  via: 'html' | 'json' | 'cli' | 'service'
}

/** What no request asks for: an operator's command, or the service by itself. */
export const localSource = (via: 'cli' | 'service'): Source => ({
  ip: 'local',
  userAgent: 'foyer',
  requestId: String(process.pid),
  via,
})

/** Who did what to whom, as `record` is told. */
export type Entry = {
  /** Who did it: a user's id, `visitor`, `cli:NAME` for an operator, or `foyer` itself. */
  actor: string
  /** Whose account it is about, when that is known. */
  subjectId?: string | null
  source: Source
  detail?: Record<string, string>
}

/**
 * Adds a row to the audit trail. Belongs in the transaction of what it tells (ASVS 5.0 16.3):
 * the promise is Prisma's, so it fits `$transaction([...])`.
 */
export const record = (db: Db | Tx, event: AuditEventName, entry: Entry) =>
  db.auditEvent.create({ data: row(event, entry), select: { id: true } })

/** The same for many people at once. */
export const recordAll = (db: Db | Tx, event: AuditEventName, entries: Entry[]) =>
  db.auditEvent.createMany({ data: entries.map((entry) => row(event, entry)) })

function row(event: AuditEventName, { actor, subjectId, source, detail }: Entry) {
  const { ip, userAgent, requestId, via } = source
  return {
    event,
    actor,
    via,
    ip,
    userAgent,
    requestId,
    ...(subjectId && { subjectId }),
    ...(detail && { detail }),
  }
}
