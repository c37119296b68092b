import type { Config } from '../config.ts'
import type { Db, Tx } from '../db/client.ts'
import type { Invitation, User } from '../db/generated/sqlite/client.ts'
import { Refusal } from '../errors.ts'
import { NO_TRACES, post } from '../mail/outbox.ts'
import { fromNow, hours } from '../time.ts'
import { type Ask, asAdmin } from './acts/as-admin.ts'
import { record, type Source } from './audit/audit.ts'
import { forgetPerson, removeBudgets } from './erase.ts'
import { neighbourhoodOf } from './network.ts'
import { hasTry } from './throttle.ts'

/**
 * Where a sign-up stands: `unproven` has a SignUp and runs out with it, `waiting` has a SignUpRequest and stays until
 * an administrator decides; the account is `pending` in both. From `unproven` a proven address leads on, from
 * `waiting` only `approve`, or `reject`, with which the account goes.
 */
type Stage = 'unproven' | 'waiting' | 'active'

/** Whether anybody may sign up, whatever it takes until they can sign in. */
export const isSignUpOpen = ({ signUp }: Config): boolean => signUp === 'open' || signUp === 'approval'

/** Where anybody may sign up, to be handed on; undefined where not everybody may. */
export const signUpAddress = (config: Config): string | undefined =>
  isSignUpOpen(config) ? `${config.baseUrl}/register` : undefined

/** What a sign-up begins as. An address that an invitation was mailed to is proven by that. */
export const firstStage = (config: Config, invitation?: Pick<Invitation, 'id' | 'address'>): Stage =>
  config.email === 'required' && !invitation?.address
    ? 'unproven'
    : stageOnceProven(config, { invitationId: invitation?.id ?? null })

/** What follows when nothing is left to be proven. Whoever was invited has been decided on. */
export const stageOnceProven = (
  { signUp }: Config,
  { invitationId }: Pick<User, 'invitationId'> = { invitationId: null },
): Stage => (signUp === 'approval' && !invitationId ? 'waiting' : 'active')

/** Lets an account that is pending wait for an administrator, and has the administrators told. */
export async function askForApproval(tx: Tx, userId: string, source: Source): Promise<void> {
  const { ip } = source
  await tx.signUpRequest.create({
    data: { userId, askedAt: fromNow(0), ip, network: neighbourhoodOf(ip) },
    select: { userId: true },
  })
  await tellAdministrators(tx, source)
}

/** Whether a sign-up waits for an administrator. */
export const isWaiting = async (db: Db | Tx, userId: string): Promise<boolean> =>
  (await db.signUpRequest.count({ where: { userId, user: { status: 'pending' } } })) > 0

/** Who of some people wait for an administrator, by their ids. */
export async function whoWaits(db: Db, people: Pick<User, 'id' | 'status'>[]): Promise<Set<string>> {
  const ids = people.filter(({ status }) => status === 'pending').map(({ id }) => id)
  if (ids.length === 0) return new Set()
  const requests = await db.signUpRequest.findMany({
    where: { userId: { in: ids } },
    select: { userId: true },
  })
  return new Set(requests.map(({ userId }) => userId))
}

const MOST_COUNTED = 1000

/** How many sign-ups wait for an administrator; a thousand stands for more. */
export const countRequests = (db: Db): Promise<number> => db.signUpRequest.count({ take: MOST_COUNTED })

/**
 * Lets a sign-up in: from now on they can sign in, and are told. Of any number of administrators one decides. Answers
 * their name. Throws InvalidInput, or Refusal 403 or 409.
 */
export const approve = (db: Db, ask: Ask): Promise<string> =>
  asAdmin(db, ask, async (tx, entry) => {
    const { count } = await tx.user.updateMany({ where: waiting(ask.userId), data: { status: 'active' } })
    if (count === 0) throw decided()
    const {
      id: userId,
      username,
      email: address,
    } = await tx.user.findUniqueOrThrow({ where: { id: ask.userId } })
    await tx.signUpRequest.deleteMany({ where: { userId } })
    await record(tx, 'request.approved', entry)
    if (address) await post(tx, 'request-approved', { address, userId }, entry.source, NO_TRACES)
    return username
  })

/**
 * Turns a sign-up away: the account goes and its name is free. Nothing is left of them but what the audit trail tells
 * of nobody, and one mail with the reason, which goes once it is sent. Throws as `approve` does.
 */
export async function reject(db: Db, ask: Ask): Promise<string> {
  const before = await db.user.findUnique({ where: waiting(ask.userId) })
  // Before, as in `erase`: all budgets are looked through.
  if (before) await removeBudgets(db, before)
  return asAdmin(db, ask, async (tx, entry) => {
    const user = await tx.user.findUnique({ where: waiting(ask.userId) })
    const { count } = await tx.user.deleteMany({ where: waiting(ask.userId) })
    if (!user || count === 0) throw decided()
    const subjectId = await forgetPerson(tx, user)
    await record(tx, 'request.rejected', { ...entry, subjectId })
    const facts = { ...NO_TRACES, ...entry.detail }
    if (user.email) await post(tx, 'request-rejected', { address: user.email }, entry.source, facts)
    return user.username
  })
}

const waiting = (id: string) => ({ id, status: 'pending' as const, signUpRequest: { isNot: null } })

const decided = () =>
  new Refusal(409, 'Somebody has decided on that already, so nothing was changed.', {
    wayOn: { href: '/admin/requests', text: 'Look at the requests' },
  })

const TELL_EVERY = hours(1)

/**
 * Puts a mail up for each administrator who isn't to get one anyway: no sooner than an hour after the one before.
 * How many wait is counted when it is sent, so it tells of all who came in between.
 */
async function tellAdministrators(tx: Tx, source: Source): Promise<void> {
  const admins = await tx.user.findMany({
    where: { role: 'admin', status: 'active', provenEmailKey: { not: null } },
    orderBy: { id: 'asc' },
  })
  for (const { id, email } of admins) {
    const key = `requests:${id}`
    // One at once, and one an hour later: who gets no try has a mail that is still to come.
    if (!email || !(await hasTry(tx, { key, burst: 2, refill: TELL_EVERY }))) continue
    const { tat } = await tx.throttle.findUniqueOrThrow({ where: { key } })
    const dueAt = new Date(Number(tat) - TELL_EVERY)
    await post(tx, 'requests-waiting', { address: email, userId: id, dueAt }, source, NO_TRACES)
  }
}
