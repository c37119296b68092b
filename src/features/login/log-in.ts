import { liftIfOver } from '../../accounts/acts/suspend.ts'
import { isWaiting } from '../../accounts/admission.ts'
import { record, type Source } from '../../accounts/audit/audit.ts'
import { findDevice } from '../../accounts/known-device.ts'
import { networkOf } from '../../accounts/network.ts'
import { passwordAttempt } from '../../accounts/password.ts'
import { proveAndSignIn } from '../../accounts/prove-address.ts'
import type { Services } from '../../accounts/services.ts'
import { enter } from '../../accounts/sign-in.ts'
import { type Budget, giveBack, hasTry, spend } from '../../accounts/throttle.ts'
import { hashToken } from '../../accounts/token.ts'
import { findAccount, isOpen, loginKey } from '../../accounts/user.ts'
import type { Db } from '../../db/client.ts'
import type { Device, Token, User } from '../../db/generated/sqlite/client.ts'
import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'
import { minutes, seconds } from '../../time.ts'

type Typed = { login: string; password: string; remember: boolean }

/** What the browser holds: the devices it has been, and the link that is to be confirmed by the sign-in. */
type Browser = { devices: readonly string[]; proof?: Token | null }

/**
 * Lets a person in by username or proven e-mail address, or on to the next step; answers with the user too.
 * Unknown, wrong, suspended and not yet confirmed get one answer after one hash (ASVS 5.0 6.3.8); who waits for an
 * administrator is told so, after a right password alone. With the
 * `proof` that a mailed link brought to this browser, its address is confirmed by the password.
 * Throws InvalidInput, or Refusal 429 or 503.
 */
export async function logIn(services: Services, typed: Typed, source: Source, { devices, proof }: Browser) {
  const { db, passwords } = services
  requireBoth(typed)
  const found = await findAccount(db, typed.login)
  const user = found && (await liftIfOver(db, found))
  // Looked for also where there is no account: the answer is to take as long.
  const device = await findDevice(db, user?.id ?? '', devices)
  const { shown, silent } = budgets(typed.login, user, device, source)
  await spend(db, shown)
  const within = await hasTry(db, silent)

  const password = passwordAttempt(typed.password)
  const matches =
    within && user && password !== undefined
      ? await passwords.verify(user.passwordHash, password)
      : await passwords.verifyNobody(password ?? '')
  const proves = proof != null && user?.status === 'pending' && proof.userId === user.id
  if (!user || !matches) throw await mismatch(db, user, source)
  if (!proves && !isOpen(user)) {
    const waits = await isWaiting(db, user.id)
    throw await mismatch(db, user, source, waits ? 'login.waiting' : 'login.mismatch')
  }

  if (passwords.needsRehash(user.passwordHash)) await upgradeHash(services, user, typed.password, source)
  const proven = proves ? await proveAndSignIn(services, proof, typed.remember, source) : undefined
  const entrance =
    proven?.entrance ?? (await enter(db, user, { way: 'password', device, remember: typed.remember }, source))
  if (!entrance) throw await mismatch(db, user, source)
  await giveBack(db, [...shown, silent])
  return { user, entrance, returnTo: proven?.returnTo, proven: proves }
}

async function mismatch(
  db: Db,
  user: User | null,
  source: Source,
  code: 'login.mismatch' | 'login.waiting' = 'login.mismatch',
): Promise<InvalidInput> {
  await record(db, 'login.failed', { actor: 'visitor', source, ...(user && { subjectId: user.id }) })
  return new InvalidInput({ login: message(code) })
}

function requireBoth({ login, password }: Typed) {
  if (login.trim() && password) return
  throw new InvalidInput({
    ...(!login.trim() && { login: message('login.missing') }),
    ...(!password && { password: message('login.password-missing') }),
  })
}

/**
 * Tries are counted before the hash: of the network, of what was typed from it, and of the account from it.
 * The last is reached by username and address alike, so to say that it is spent would say whose address it
 * is: it counts in silence, and for names without an account too. A browser in which the member has signed in
 * before has tries of its own, which nobody else can use up (OWASP device cookies; ASVS 5.0 6.1.1).
 */
function budgets(login: string, user: User | null, device: Device | null, source: Source) {
  const network = networkOf(source.ip)
  const typed = Buffer.from(hashToken(loginKey(login))).toString('hex')
  const account = { burst: 10, refill: minutes(1) }
  if (device) {
    const own = { key: `login:device:${device.id}`, ...account }
    return { shown: [own], silent: { ...own, key: `${own.key}:account` } }
  }
  const shown: Budget[] = [
    { key: `login:${network}`, burst: 50, refill: seconds(20) },
    { key: `login:${network}:${typed}`, ...account },
  ]
  return { shown, silent: { key: `login:${network}:account:${user?.id ?? typed}`, ...account } }
}

/** Compare and set: a password changed in the meantime is never overwritten. */
async function upgradeHash({ db, passwords }: Services, user: User, typed: string, source: Source) {
  const passwordHash = await passwords.hash(passwordAttempt(typed) ?? '')
  await db.$transaction(async (tx) => {
    const unchanged = { id: user.id, passwordHash: user.passwordHash }
    const { count } = await tx.user.updateMany({ where: unchanged, data: { passwordHash } })
    if (count) await record(tx, 'password.rehashed', { actor: user.id, subjectId: user.id, source })
  })
}
