import { record, type Source } from '../../accounts/audit.ts'
import type { Email } from '../../accounts/email.ts'
import { networkOf } from '../../accounts/network.ts'
import type { Services } from '../../accounts/services.ts'
import { newSession, startSession } from '../../accounts/session.ts'
import { mailAgain, newSignUp } from '../../accounts/sign-up.ts'
import { type Budget, hasTry, spend } from '../../accounts/throttle.ts'
import { asTaken, type Identity, newUser, readAccount, type TypedAccount } from '../../accounts/user.ts'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { post } from '../../mail/outbox.ts'
import { fromNow, minutes } from '../../time.ts'

const REPEAT_WITHIN = minutes(15)

/** The new account, and the token of what its owner's browser is given: a session, or a sign-up still to be proven. */
type Registered = { id: string; username: string; token: string; pending: boolean }

/**
 * Makes an account. Its owner is signed in, or, where the address must be proven, waits for the mail: whether
 * that address is known is not looked at here, so neither answer nor time tells (ASVS 5.0 6.3.8).
 * Throws InvalidInput with every problem, or Refusal 429 or 503. Whether a name is taken is told only
 * after the limits and the hash (ASVS 5.0 2.4.1): there is no cheaper way to ask.
 */
export async function register(
  services: Services,
  typed: TypedAccount,
  source: Source,
  returnTo?: string,
): Promise<Registered> {
  const { config, db, passwords } = services
  const pending = config.email === 'required'
  const account = readAccount(typed, config, { emailRequired: pending })
  await spend(db, budgets(source))

  const user = newUser(account, await passwords.hash(account.password), {
    status: pending ? 'pending' : 'active',
  })
  try {
    const token = pending ? await makePending(db, user, returnTo, source) : await makeActive(db, user, source)
    return { id: user.id, username: user.username, token, pending }
  } catch (error) {
    const taken = await asTaken(db, error, account)
    const again = taken !== error && (await registerAgain(services, account, source, returnTo))
    if (!again) throw taken
    return again
  }
}

type NewUser = ReturnType<typeof newUser>

const told = ({ id }: { id: string }, source: Source) => ({ actor: id, subjectId: id, source })

async function makeActive(db: Db, user: NewUser, source: Source): Promise<string> {
  const session = newSession(user, false, source)
  await db.$transaction([
    db.user.create({ data: user, select: { id: true } }),
    db.session.create({ data: session.row, select: { id: true } }),
    record(db, 'user.registered', told(user, source)),
  ])
  return session.token
}

async function makePending(
  db: Db,
  user: NewUser,
  returnTo: string | undefined,
  source: Source,
): Promise<string> {
  const signUp = newSignUp(user.id, returnTo)
  await db.$transaction([
    db.user.create({ data: user, select: { id: true } }),
    db.signUp.create({ data: signUp.row, select: { userId: true } }),
    post(db, 'verify-email', { address: user.email ?? '', userId: user.id }, source),
    record(db, 'user.registered', told(user, source)),
  ])
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
  { db, passwords }: Services,
  { username: { username }, email, password }: Identity & { password: string },
  source: Source,
  returnTo?: string,
): Promise<Registered | undefined> {
  const user = await db.user.findUnique({ where: { username, status: { in: ['active', 'pending'] } } })
  if (!user || !(await signedUpFrom(db, user, source))) return undefined
  if (!(await hasTry(db, { key: `register:again:${user.id}`, burst: 5, refill: minutes(5) })))
    return undefined
  if (!(await passwords.verify(user.passwordHash, password))) {
    await record(db, 'login.failed', { actor: 'visitor', subjectId: user.id, source })
    return undefined
  }
  const pending = user.status === 'pending'
  const token =
    pending && email
      ? await waitAgain(db, user, email, returnTo, source)
      : await startSession(db, user, false, source)
  return token ? { id: user.id, username, token, pending } : undefined
}

/** The sign-up is this browser's from now on; a mail goes only to an address that was corrected. */
async function waitAgain(
  db: Db,
  user: User,
  email: Email,
  returnTo: string | undefined,
  source: Source,
): Promise<string> {
  const { token, row } = newSignUp(user.id, returnTo)
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
