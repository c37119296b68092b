import type { Source } from '../accounts/audit/audit.ts'
import { describeDevice } from '../accounts/device.ts'
import { newId } from '../accounts/new-id.ts'
import type { Db, Tx } from '../db/client.ts'
import type { User } from '../db/generated/sqlite/client.ts'
import { fromNow } from '../time.ts'
import type { Facts, MailKind } from './letters.ts'

/**
 * What leaves before what: a notice to one person, then what visitors ask for, then what goes to many people at once.
 * All but notices are counted: no flood is to keep a member from learning what was done to their account.
 */
export const PRIORITIES = { notice: 0, asked: 1, many: 2 } as const

/** `dueAt` is when it may go out, if not at once. */
type To = { address: string; userId?: string; dueAt?: Date }

/** What a mail is about, and whether it is one of those that go to many people at once. */
type Told = Facts & { toMany?: boolean }

/**
 * Puts a mail into the outbox. Belongs in the transaction of what it speaks of: the promise is Prisma's, so it
 * fits `$transaction([...])`. Delivery sends it soon after the commit, or says why it doesn't.
 */
export function post(db: Db | Tx, kind: MailKind, to: To, source: Source, facts: Told = {}) {
  return db.mail.create({ data: row(kind, to, source, facts), select: { id: true } })
}

/** The same for many at once. */
export const postAll = (db: Db | Tx, kind: MailKind, mails: { to: To; facts: Told }[], source: Source) =>
  db.mail.createMany({ data: mails.map(({ to, facts }) => row(kind, to, source, facts)) })

/** Facts of a mail that doesn't say from where it was asked for: where an administrator sits is not theirs to know. */
export const NO_TRACES = { device: '', ip: '', place: '' }

function row(kind: MailKind, to: To, { ip, place, userAgent }: Source, { toMany, ...facts }: Told) {
  // A new password for somebody whose account is named was not asked for by a stranger.
  const isAskedFor = kind === 'verify-email' || (kind === 'reset-password' && !to.userId)
  return {
    id: newId(),
    kind,
    priority: PRIORITIES[toMany ? 'many' : isAskedFor ? 'asked' : 'notice'],
    dueAt: fromNow(0),
    ...to,
    createdAt: fromNow(0),
    facts: { device: describeDevice(userAgent), ip, ...(place && { place }), ...facts },
  }
}

/** The mail that tells a member what was done to their account: to the proven address, none if there is none. */
export function notify(db: Db | Tx, kind: MailKind, user: User, source: Source, facts: Told = {}) {
  const { id: userId, email, provenEmailKey } = user
  if (!email || !provenEmailKey) return []
  return [post(db, kind, { address: email, userId }, source, facts)]
}
