import type { Db, Tx } from '../db/client.ts'
import type { Device, Session, User } from '../db/generated/sqlite/client.ts'
import { Refusal } from '../errors.ts'
import { notify } from '../mail/outbox.ts'
import { days, fromNow, hours, minutes, now } from '../time.ts'
import { record, type Source } from './audit/audit.ts'
import { newDevice, seen } from './known-device.ts'
import { newId } from './new-id.ts'
import { hashToken, newToken } from './token.ts'
import { hasSecondStep } from './two-factor.ts'
import { isStaff } from './user.ts'

/** In ms, however it is used. */
export const LONGEST_SESSION = days(30)

type Limits = { idle: number; absolute: number }

/**
 * How long a session lasts unused and at most, in ms (ASVS 5.0 7.3; NIST SP 800-63B-4 2.2.3 asks for
 * 24 h and 1 h where more is at stake, which here is who sees other people's accounts).
 */
function limits(role: User['role'], remember: boolean): Limits {
  if (isStaff({ role })) return { idle: hours(1), absolute: hours(24) }
  return remember ? { idle: days(7), absolute: LONGEST_SESSION } : { idle: hours(12), absolute: hours(24) }
}

const TOUCH_EVERY = minutes(1)
/** More than anybody has browsers: the least used one is signed out (ASVS 5.0 7.1.2). */
const MOST_SESSIONS = 50

export type SignedIn = { session: Session; user: User }

/** What a browser that signs in is given: its session, and a new device token if it was not known before. */
export type SessionTokens = { session: string; device?: string }

/**
 * A new session: the token for the cookie and the row for the transaction that makes its account.
 * Every sign-in makes one, so a token from before it never becomes a session (session fixation).
 */
export function newSession(
  user: Pick<User, 'id' | 'role'>,
  remember: boolean,
  source: Source,
  { deviceId = null, proven = true }: { deviceId?: string | null; proven?: boolean } = {},
) {
  const token = newToken()
  const { idle, absolute } = limits(user.role, remember)
  const row = {
    id: newId(),
    tokenHash: hashToken(token),
    userId: user.id,
    remember,
    createdAt: fromNow(0),
    lastSeenAt: fromNow(0),
    expiresAt: fromNow(Math.min(idle, absolute)),
    provenAt: proven ? fromNow(0) : null,
    deviceId,
    ip: source.ip,
    userAgent: source.userAgent,
  }
  return { token, row }
}

/** The session of a first sign-in and its device, for the transaction that makes the account usable. */
export function firstSession(
  db: Db | Tx,
  user: Pick<User, 'id' | 'role'>,
  remember: boolean,
  source: Source,
) {
  const device = newDevice(user.id)
  const session = newSession(user, remember, source)
  const { deviceId: _, ...row } = session.row
  return {
    tokens: { session: session.token, device: device.token },
    write: db.device.create({ data: { ...device.row, sessions: { create: row } }, select: { id: true } }),
  }
}

/**
 * How a sign-in came about: on which device, whether all was proven that the account asks for, if that was
 * the password alone, and what was chosen.
 */
export type SignIn = {
  remember: boolean
  device: Device | null
  proven: boolean
  byPasswordAlone?: boolean
  trust: boolean
}

/**
 * Signs a person in who has just proven who they are; answers with the tokens, or undefined if the account
 * was suspended, its password changed, the device forgotten or more asked for since they were read: the
 * updates decide. Of a browser that isn't known they are told by mail, but for their first (ASVS 5.0 6.3.5).
 */
export async function startSession(
  tx: Tx,
  user: User,
  { remember, device, proven, byPasswordAlone, trust }: SignIn,
  source: Source,
): Promise<SessionTokens | undefined> {
  const { id, passwordChangedAt } = user
  const where = { id, status: 'active' as const, passwordChangedAt }
  const { count } = await tx.user.updateMany({ where, data: { lastSeenAt: fromNow(0) } })
  if (count === 0) return undefined
  if (byPasswordAlone && (await hasSecondStep(tx, id))) return undefined
  if (device) {
    // Forgotten in between, it may have been let off the second step.
    const known = await tx.device.updateMany({ where: { id: device.id }, data: seen(trust) })
    if (known.count === 0) return undefined
  }
  const added = device ? undefined : await addDevice(tx, user, trust, source)
  const deviceId = device?.id ?? added?.row.id ?? null
  const session = newSession(user, remember, source, { deviceId, proven })
  await endLeastUsed(tx, id)
  await tx.session.create({ data: session.row, select: { id: true } })
  await record(tx, 'session.started', { actor: id, subjectId: id, source })
  return { session: session.token, ...(added && { device: added.token }) }
}

async function addDevice(tx: Tx, user: User, trust: boolean, source: Source) {
  const device = newDevice(user.id, trust)
  const isFirst = (await tx.device.count({ where: { userId: user.id } })) === 0
  if (!isFirst) await Promise.all(notify(tx, 'new-sign-in', user, source))
  await tx.device.create({ data: device.row, select: { id: true } })
  return device
}

async function endLeastUsed(tx: Tx, userId: string): Promise<void> {
  const leastUsed = await tx.session.findMany({
    where: { userId },
    orderBy: { lastSeenAt: 'desc' },
    skip: MOST_SESSIONS - 1,
    select: { id: true },
  })
  if (leastUsed.length) await tx.session.deleteMany({ where: { id: { in: leastUsed.map(({ id }) => id) } } })
}

/** Whether this session has proven in the last so many ms all that the account asks for (ASVS 5.0 7.5.1). */
export const isProven = ({ provenAt }: Session, within: number) =>
  provenAt !== null && provenAt > fromNow(-within)

/**
 * Notes that the person at this session has just proven who they are, and gives it a new token: the old one
 * opens nothing from then on (ASVS 5.0 7.2.4). Undefined if it has ended in between; what `check` throws is
 * thrown.
 */
export async function proveSession(
  db: Db,
  { session, user }: SignedIn,
  source: Source,
  check: (tx: Tx) => Promise<void> = async () => {},
): Promise<string | undefined> {
  const token = newToken()
  return db.$transaction(async (tx) => {
    const { id, tokenHash } = session
    const data = { tokenHash: hashToken(token), provenAt: fromNow(0) }
    const { count } = await tx.session.updateMany({ where: { id, tokenHash }, data })
    if (count === 0) return undefined
    await check(tx)
    await record(tx, 'session.proven', { actor: user.id, subjectId: user.id, source })
    return token
  })
}

/**
 * Makes sure, in the transaction of what lets somebody in from then on, that the session which asks for it
 * still runs, and that whoever ends it waits for that transaction. Throws Refusal 409.
 */
export async function holdSession(tx: Tx, { session, user }: SignedIn): Promise<void> {
  const { id, remember, tokenHash } = session
  // The account before what hangs on it, as everywhere: the other way round two could wait for each other.
  const where = { id: user.id, status: 'active' as const }
  const account = await tx.user.updateMany({ where, data: { status: 'active' } })
  const held = await tx.session.updateMany({ where: { id, tokenHash }, data: { remember } })
  if (account.count === 0 || held.count === 0) throw signedOut()
}

/** Said to whose session has ended while they did something with it. */
export const signedOut = () =>
  new Refusal(
    409,
    'You were signed out meanwhile, so this wasn’t done. If you sent it twice, sign in to see what is so now.',
    {
      wayOn: { href: '/login', text: 'Sign in' },
    },
  )

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
export const cookieLifetime = (remember: boolean) => (remember ? LONGEST_SESSION : undefined)
