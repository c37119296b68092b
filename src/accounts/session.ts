import { randomUUIDv7 } from 'node:crypto'
import type { Db } from '../db/client.ts'
import { isMissing } from '../db/errors.ts'
import type { Session, User } from '../db/generated/sqlite/client.ts'
import { notify } from '../mail/outbox.ts'
import { days, fromNow, hours, minutes, now } from '../time.ts'
import { record, type Source } from './audit.ts'
import { describeDevice } from './device.ts'
import { hashToken, newToken } from './token.ts'

const REMEMBERED = days(30)

type Limits = { idle: number; absolute: number }

/**
 * How long a session lasts unused and at most, in ms (ASVS 5.0 7.3; NIST SP 800-63B-4 2.2.3 asks for
 * 24 h and 1 h where more is at stake, which here is an administrator).
 */
function limits(role: User['role'], remember: boolean): Limits {
  if (role === 'admin') return { idle: hours(1), absolute: hours(24) }
  return remember ? { idle: days(7), absolute: REMEMBERED } : { idle: hours(12), absolute: hours(24) }
}

const TOUCH_EVERY = minutes(1)

export type SignedIn = { session: Session; user: User }

/**
 * A new session: the token for the cookie and the row for the transaction that makes its account.
 * Every sign-in makes one, so a token from before it never becomes a session (session fixation).
 */
export function newSession(user: Pick<User, 'id' | 'role'>, remember: boolean, source: Source) {
  const token = newToken()
  const { idle, absolute } = limits(user.role, remember)
  const row = {
    id: randomUUIDv7(),
    tokenHash: hashToken(token),
    userId: user.id,
    remember,
    createdAt: fromNow(0),
    lastSeenAt: fromNow(0),
    expiresAt: fromNow(Math.min(idle, absolute)),
    ip: source.ip,
    userAgent: source.userAgent,
  }
  return { token, row }
}

/**
 * Signs a person in who has just proven who they are; answers with the token, or undefined if the account
 * was suspended or its password changed since `user` was read. Decided by the update, in the transaction.
 * A device it was never used on before is told by mail (ASVS 5.0 6.3.5).
 */
export async function startSession(db: Db, user: User, remember: boolean, source: Source) {
  const { id, passwordChangedAt } = user
  const session = newSession(user, remember, source)
  const news = (await isNewDevice(db, user, source)) ? notify(db, 'new-sign-in', user, source) : []
  try {
    await db.$transaction([
      ...news,
      db.user.update({
        where: { id, status: 'active', passwordChangedAt },
        data: { lastSeenAt: fromNow(0) },
        select: { id: true },
      }),
      db.session.create({ data: session.row, select: { id: true } }),
      record(db, 'session.started', { actor: id, subjectId: id, source }),
    ])
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
  return session.token
}

/** Whether none of the latest sign-ins was from such a browser; not for the first one. */
async function isNewDevice(db: Db, { id, provenEmailKey }: User, { userAgent }: Source): Promise<boolean> {
  if (!provenEmailKey) return false
  const known = await db.auditEvent.findMany({
    where: { subjectId: id, event: { in: ['user.registered', 'user.made-admin', 'session.started'] } },
    orderBy: { id: 'desc' },
    take: 100,
    select: { userAgent: true },
  })
  const device = describeDevice(userAgent)
  return known.length > 0 && known.every((event) => describeDevice(event.userAgent ?? '') !== device)
}

/** Whose session the token is, if it still runs and the account may be used; looked up at every request. */
export async function findSession(db: Db, token: string): Promise<SignedIn | null> {
  const found = await db.session.findUnique({
    where: { tokenHash: hashToken(token) },
    include: { user: true },
  })
  if (!found || found.expiresAt <= fromNow(0) || found.user.status !== 'active') return null
  const { user, ...session } = found
  if (now() - session.lastSeenAt.getTime() >= TOUCH_EVERY) await touch(db, session, user)
  return { session, user }
}

/** Moves the idle limit on. An update, never an insert: it cannot bring an ended session back. */
async function touch(db: Db, session: Session, user: User): Promise<void> {
  const { idle, absolute } = limits(user.role, session.remember)
  const expiresAt = new Date(Math.min(now() + idle, session.createdAt.getTime() + absolute))
  await db.$transaction([
    db.user.updateMany({ where: { id: user.id }, data: { lastSeenAt: fromNow(0) } }),
    db.session.updateMany({ where: { id: session.id }, data: { lastSeenAt: fromNow(0), expiresAt } }),
  ])
}

/** How long the browser keeps the cookie, in ms; of a session that isn't remembered, until it is closed. */
export const cookieLifetime = (remember: boolean) => (remember ? REMEMBERED : undefined)
