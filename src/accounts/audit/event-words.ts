import type { AuditEvent } from '../../db/generated/sqlite/client.ts'
import { describeDevice } from '../device.ts'
import type { PlaceOf } from '../place.ts'
import type { AuditEventName } from './audit.ts'

/** Every event in the words that members and administrators read. */
const eventWords: Record<AuditEventName, { text: string; kind?: 'ok' | 'bad' }> = {
  'user.registered': { text: 'Account created', kind: 'ok' },
  'user.made-admin': { text: 'Account created as an administrator', kind: 'ok' },
  'user.made': { text: 'Account made by an administrator', kind: 'ok' },
  'user.name-changed': { text: 'Name changed' },
  'user.username-changed': { text: 'Username changed' },
  'user.role-changed': { text: 'Role changed' },
  'user.viewed': { text: 'Account looked at by an administrator or support' },
  'user.suspended': { text: 'Account suspended', kind: 'bad' },
  'user.region-changed': { text: 'Language and region changed' },
  'data.downloaded': { text: 'Copy of all data taken' },
  'user.restored': { text: 'Suspension lifted' },
  'user.closing': { text: 'Account closed, to be erased', kind: 'bad' },
  'user.erased': { text: 'Account erased' },
  'user.kept': { text: 'Account kept after all', kind: 'ok' },
  'registration.honeypot': { text: 'Sign-up by a program turned away', kind: 'bad' },
  'registration.address-corrected': { text: 'Email address corrected before it was confirmed' },
  'registration.expired': { text: 'Address never confirmed, account removed', kind: 'bad' },
  'request.approved': { text: 'Sign-up approved', kind: 'ok' },
  'request.rejected': { text: 'Sign-up turned away, account removed', kind: 'bad' },
  'two-factor.turned-on': { text: 'Two-step sign-in turned on', kind: 'ok' },
  'two-factor.turned-off': { text: 'Two-step sign-in turned off', kind: 'bad' },
  'two-factor.failed': { text: 'Wrong code for the second step', kind: 'bad' },
  'two-factor.reset': { text: 'Two-step sign-in and passkeys removed', kind: 'bad' },
  'recovery-code.used': { text: 'A recovery code was used', kind: 'bad' },
  'recovery-codes.made': { text: 'New recovery codes made', kind: 'ok' },
  'session.started': { text: 'Signed in', kind: 'ok' },
  'session.proven': { text: 'Identity confirmed', kind: 'ok' },
  'session.ended': { text: 'Signed out' },
  'session.revoked': { text: 'Signed out elsewhere' },
  'session.all-revoked': { text: 'Signed out everywhere' },
  'login.failed': { text: 'Sign-in failed', kind: 'bad' },
  'proof.failed': { text: 'Identity not confirmed, wrong password or passkey', kind: 'bad' },
  'access.refused': { text: 'Page for administrators refused', kind: 'bad' },
  'access.network-refused': { text: 'Page for administrators refused outside their networks', kind: 'bad' },
  'access.site-refused': { text: 'Form from another site refused', kind: 'bad' },
  'change.refused': { text: 'Change refused', kind: 'bad' },
  'passkey.added': { text: 'Passkey added', kind: 'ok' },
  'passkey.renamed': { text: 'Passkey renamed' },
  'passkey.removed': { text: 'Passkey removed' },
  'passkey.count-regressed': { text: 'Passkey refused, there may be a copy of it', kind: 'bad' },
  'passkey.backup-changed': { text: 'Passkey now synced, or no longer' },
  'email.proven': { text: 'Email address confirmed', kind: 'ok' },
  'email.proof-sent-again': { text: 'Link to confirm the email address sent again' },
  'email.replaced': { text: 'Email address changed' },
  'email.change-requested': { text: 'Change of email address asked for' },
  'email.change-cancelled': { text: 'Change of email address cancelled' },
  'email.change-undone': { text: 'Change of email address undone from the old one', kind: 'bad' },
  'password.changed': { text: 'Password changed', kind: 'ok' },
  'password.removed': { text: 'Password removed', kind: 'ok' },
  'password.reset': { text: 'Password reset by a link', kind: 'ok' },
  'password.reset-requested': { text: 'Link for a new password asked for' },
  'password.reset-link-made': { text: 'Link for a new password made' },
  'setting.changed': { text: 'Setting changed' },
  'terms.agreed': { text: 'Agreed to the terms', kind: 'ok' },
  'invitation.made': { text: 'Invitation made' },
  'invitation.sent-again': { text: 'Invitation put up to be sent again' },
  'invitation.cancelled': { text: 'Invitation cancelled' },
  'invitation.used': { text: 'Account created from an invitation', kind: 'ok' },
  'mail.sent-again': { text: 'A mail was put up to be sent again' },
  'job.started': { text: 'A change to many people was begun' },
  'job.paused': { text: 'A change to many people was paused' },
  'job.resumed': { text: 'A change to many people was resumed' },
  'job.cancelled': { text: 'A change to many people was stopped', kind: 'bad' },
  'job.finished': { text: 'A change to many people is done', kind: 'ok' },
  'job.downloaded': { text: 'Results of a change to many people downloaded' },
  'mail.opened': { text: 'A mail was opened with its link' },
  'audit.viewed': { text: 'Audit log looked at' },
  'audit.downloaded': { text: 'Audit log downloaded' },
  'audit.cleared': { text: 'Oldest rows of the audit log removed' },
  'people.exported': { text: 'List of people downloaded' },
  'people.export-ended': { text: 'Download of people ended' },
  'password.rehashed': { text: 'Password stored with stronger settings' },
}

export const eventNames = Object.keys(eventWords)

/** What an event is called; by its name, where a newer program has recorded it. */
export const eventText = (event: string) => eventWords[event as AuditEventName]?.text ?? event

const plural = (count: string, one: string, many: string) => `${count} ${count === '1' ? one : many}`

/** What the trail tells besides, but for the reason. */
function particulars(told: Record<string, string | undefined>): string | undefined {
  const { device, page, file, from, to, setting, others, people, whole, until } = told
  const { version, done, refused, role, action } = told
  const change = from && to && `from ${from} to ${to}`
  return [
    device,
    others && plural(others, 'other device', 'other devices'),
    setting ? `${setting} ${change}` : change,
    page,
    file,
    people && `${plural(people, 'person', 'people')}${whole === 'no' ? ', broken off' : ''}`,
    until && `until ${until.slice(0, 10)}`,
    version && `version ${version}`,
    done && `${done} done, ${refused} not done`,
    role && role !== 'member' ? `as ${role}` : undefined,
    action?.replaceAll('-', ' '),
  ].find(Boolean)
}

/** A row of the audit trail in words: what was done, why and to what, and from where. */
export function describeEvent({ event, detail, userAgent, ip }: AuditEvent, placeOf?: PlaceOf) {
  const { kind } = eventWords[event as AuditEventName] ?? {}
  const text = eventText(event)
  const told = (detail ?? {}) as Record<string, string | undefined>
  const { reason } = told
  const about = particulars(told)
  const whole = about ? `${text}: ${about}` : text
  const place = ip && placeOf?.(ip)
  return {
    kind,
    event,
    text: reason ? `${whole}. Reason: “${reason}”` : whole,
    from: [userAgent && describeDevice(userAgent), ip, place && `near ${place}`].filter(Boolean).join(', '),
  }
}
