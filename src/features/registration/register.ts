import { askForApproval, firstStage, isWaiting } from '../../accounts/admission.ts'
import { record, type Source } from '../../accounts/audit/audit.ts'
import { type Email, emailKey } from '../../accounts/email.ts'
import { refuseHeld } from '../../accounts/held-name.ts'
import { useInvitation } from '../../accounts/invitation.ts'
import { findDevice } from '../../accounts/known-device.ts'
import { networkOf } from '../../accounts/network.ts'
import type { Services } from '../../accounts/services.ts'
import { firstSession } from '../../accounts/session.ts'
import { type Entrance, enter } from '../../accounts/sign-in.ts'
import { mailAgain, newSignUp } from '../../accounts/sign-up.ts'
import { prepareAgreement } from '../../accounts/terms.ts'
import { type Budget, hasTry, spend } from '../../accounts/throttle.ts'
import { asTaken, type Identity, newUser, readAccount, type TypedAccount } from '../../accounts/user.ts'
import type { Db, Tx } from '../../db/client.ts'
import type { Invitation, User } from '../../db/generated/sqlite/client.ts'
import { InvalidInput, Refusal } from '../../errors.ts'
import { post } from '../../mail/outbox.ts'
import { message } from '../../messages.ts'
import { fromNow, minutes } from '../../time.ts'

const REPEAT_WITHIN = minutes(15)

/** The new account, and what the browser is given: the token of a sign-up to be proven, or the way on. */
type Registered = { id: string; username: string } & (
  | { pending: true; token: string }
  | { pending: false; entrance: Entrance }
)

/**
 * Where a sign-up comes from: the devices that its browser has been, where it is to go on to, and the invitation
 * whose link brought it here.
 */
type Visit = {
  devices: readonly string[]
  returnTo?: string | undefined
  invitation?: Invitation | undefined
}

/**
 * Makes an account. Its owner is signed in, or waits for an administrator or, where the address must be proven,
 * for the mail: whether that address is known is not looked at here, so neither answer nor time tells (ASVS 5.0
 * 6.3.8).
 * An invitation gives its role, and an address that it was mailed to is proven by that.
 * Throws InvalidInput with every problem, or Refusal 410, 429 or 503. Whether a name is taken is told only
 * after the limits and the hash (ASVS 5.0 2.4.1): there is no cheaper way to ask.
 */
export async function register(
  services: Services,
  typed: TypedAccount & { terms: string },
  source: Source,
  visit: Visit,
): Promise<Registered> {
  const { config, db, passwords } = services
  const { invitation } = visit
  const mailed = config.email === 'off' ? null : (invitation?.address ?? null)
  const stage = firstStage(config, invitation)
  const agreed = prepareAgreement(config, typed.terms)
  const account = readAccount(mailed ? asMailed(typed, mailed) : typed, config, {
    emailRequired: config.email === 'required',
    others: { terms: agreed },
  })
  await spend(db, budgets(source))

  const row = newUser(account, await passwords.hash(account.password), {
    status: stage === 'active' ? 'active' : 'pending',
    vouched: mailed !== null,
    ...(invitation && { role: invitation.role }),
  })
  const user = {
    ...row,
    termsVersion: agreed.ok ? agreed.value : null,
    invitationId: invitation?.id ?? null,
  }
  try {
    const { id, username } = user
    if (stage === 'unproven')
      return { id, username, pending: true, token: await makePending(services, user, visit.returnTo, source) }
    const entrance = await (stage === 'waiting' ? makeWaiting : makeActive)(db, user, source)
    return { id, username, pending: false, entrance }
  } catch (error) {
    const taken = await asTaken(db, error, account)
    // Its invitation may be used up by itself.
    const mayBeAgain = taken !== error || error instanceof Refusal
    const again = mayBeAgain && (await registerAgain(services, account, source, visit))
    if (!again) throw taken
    return again
  }
}

/** An invitation holds for the address that it was mailed to, and for no other. Throws InvalidInput. */
function asMailed(typed: TypedAccount, address: string): TypedAccount {
  if (typed.email.trim() && emailKey(typed.email.trim()) !== emailKey(address))
    throw new InvalidInput({ email: message('invite.fixed', { email: address }) })
  return { ...typed, email: address }
}

type NewUser = ReturnType<typeof newUser> & {
  termsVersion: number | null
  invitationId: string | null
}

const told = ({ id }: { id: string }, source: Source) => ({ actor: id, subjectId: id, source })

/** Makes the account, and uses its invitation up. */
async function make(tx: Tx, user: NewUser, source: Source): Promise<void> {
  const { invitationId } = user
  if (invitationId) await useInvitation(tx, invitationId)
  await tx.user.create({ data: user, select: { id: true } })
  await refuseHeld(tx, user)
  await record(tx, 'user.registered', told(user, source))
  if (!invitationId) return
  const detail = { invitation: invitationId, role: user.role }
  await record(tx, 'invitation.used', { ...told(user, source), detail })
  if (user.provenEmailKey) await record(tx, 'email.proven', told(user, source))
}

const makeActive = (db: Db, user: NewUser, source: Source): Promise<Entrance> =>
  db.$transaction(async (tx) => {
    await make(tx, user, source)
    const { tokens, write } = firstSession(tx, user, false, source)
    await write
    return { to: 'session', tokens }
  })

const makeWaiting = (db: Db, user: NewUser, source: Source): Promise<Entrance> =>
  db.$transaction(async (tx) => {
    await make(tx, user, source)
    await askForApproval(tx, user.id, source)
    return { to: 'approval' }
  })

async function makePending(
  { config, db }: Services,
  user: NewUser,
  returnTo: string | undefined,
  source: Source,
): Promise<string> {
  const signUp = newSignUp(user.id, returnTo, config.periods.confirm)
  await db.$transaction(async (tx) => {
    await make(tx, user, source)
    await tx.signUp.create({ data: signUp.row, select: { userId: true } })
    await post(tx, 'verify-email', { address: user.email ?? '', userId: user.id }, source)
  })
  return signUp.token
}

/** For a program that filled in the field people don't see: counted and told of, and nothing is made. */
export async function registerNobody(db: Db, source: Source): Promise<void> {
  await spend(db, budgets(source))
  await record(db, 'registration.honeypot', { actor: 'visitor', source })
}

const budgets = ({ ip }: Source): Budget[] => [
  { key: `register:${networkOf(ip)}`, burst: 20, refill: minutes(1) },
]

/**
 * Goes on with the account that this very person made a moment ago, if the answer got lost or the button was
 * pressed twice: the same name and password from the same browser. Told "that name is taken", they would be
 * stranded. For anybody else it is a log-in that fails, and is counted and recorded as one.
 */
async function registerAgain(
  services: Services,
  { username: { username }, email, password }: Identity & { password: string },
  source: Source,
  { devices, returnTo }: Visit,
): Promise<Registered | undefined> {
  const { db, passwords } = services
  const user = await db.user.findUnique({ where: { username, status: { in: ['active', 'pending'] } } })
  if (!user || !(await signedUpFrom(db, user, source))) return undefined
  if (!(await hasTry(db, { key: `register:again:${user.id}`, burst: 5, refill: minutes(5) })))
    return undefined
  if (!(await passwords.verify(user.passwordHash, password))) {
    await record(db, 'login.failed', { actor: 'visitor', subjectId: user.id, source })
    return undefined
  }
  const { id } = user
  if (await isWaiting(db, id)) return { id, username, pending: false, entrance: { to: 'approval' } }
  if (user.status === 'pending' && email)
    return { id, username, pending: true, token: await waitAgain(services, user, email, returnTo, source) }
  const device = await findDevice(db, id, devices)
  const entrance = await enter(db, user, { way: 'password', device, remember: false }, source)
  return entrance && { id, username, pending: false, entrance }
}

/** The sign-up is this browser's from now on; a mail goes only to an address that was corrected. */
async function waitAgain(
  { config, db }: Services,
  user: User,
  email: Email,
  returnTo: string | undefined,
  source: Source,
): Promise<string> {
  const { token, row } = newSignUp(user.id, returnTo, config.periods.confirm)
  await db.$transaction(async (tx) => {
    const { tokenHash, returnTo = null } = row
    // The account before what hangs on it, as everywhere: the other way round two could wait for each other.
    if (email.email !== user.email) await mailAgain(tx, user, email, source)
    await tx.signUp.updateMany({ where: { userId: user.id }, data: { tokenHash, returnTo } })
  })
  return token
}

async function signedUpFrom(db: Db, user: User, { ip, userAgent }: Source): Promise<boolean> {
  const at = { gt: fromNow(-REPEAT_WITHIN) }
  const signUp = { event: 'user.registered', subjectId: user.id, ip, userAgent, at }
  return (await db.auditEvent.count({ where: signUp })) > 0
}
