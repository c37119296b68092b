import { record, type Source } from '../../accounts/audit.ts'
import { networkOf } from '../../accounts/network.ts'
import { passwordAttempt } from '../../accounts/password.ts'
import { proveAndSignIn } from '../../accounts/prove-address.ts'
import type { Services } from '../../accounts/services.ts'
import { startSession } from '../../accounts/session.ts'
import { type Budget, giveBack, hasTry, spend } from '../../accounts/throttle.ts'
import { hashToken } from '../../accounts/token.ts'
import { findAccount, loginKey } from '../../accounts/user.ts'
import type { Db } from '../../db/client.ts'
import type { Token, User } from '../../db/generated/sqlite/client.ts'
import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'
import { minutes, seconds } from '../../time.ts'

type Typed = { login: string; password: string; remember: boolean }

/**
 * Signs a person in by username or proven e-mail address; answers with the user and the session token.
 * Unknown, wrong, suspended and not yet confirmed get one answer after one hash (ASVS 5.0 6.3.8). With the
 * `proof` that a mailed link brought to this browser, its address is confirmed by the password.
 * Throws InvalidInput, or Refusal 429 or 503.
 */
export async function logIn(services: Services, typed: Typed, source: Source, proof?: Token | null) {
  const { db, passwords } = services
  requireBoth(typed)
  const user = await findAccount(db, typed.login)
  const { shown, silent } = budgets(typed.login, user, source)
  await spend(db, shown)
  const within = await hasTry(db, silent)

  const password = passwordAttempt(typed.password)
  const matches =
    within && user && password !== undefined
      ? await passwords.verify(user.passwordHash, password)
      : await passwords.verifyNobody(password ?? '')
  const proves = proof != null && user?.status === 'pending' && proof.userId === user.id
  if (!user || !matches || !(user.status === 'active' || proves)) throw await mismatch(db, user, source)

  if (passwords.needsRehash(user.passwordHash)) await upgradeHash(services, user, typed.password, source)
  const signedIn = proves
    ? await proveAndSignIn(db, proof, typed.remember, source)
    : { user, token: await startSession(db, user, typed.remember, source), returnTo: undefined }
  const { token } = signedIn
  if (!token) throw await mismatch(db, user, source)
  await giveBack(db, [...shown, silent])
  return { ...signedIn, token, proven: proves }
}

async function mismatch(db: Db, user: User | null, source: Source): Promise<InvalidInput> {
  await record(db, 'login.failed', { actor: 'visitor', source, ...(user && { subjectId: user.id }) })
  return new InvalidInput({ login: message('login.mismatch') })
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
 * is: it counts in silence, and for names without an account too.
 */
function budgets(login: string, user: User | null, source: Source) {
  const network = networkOf(source.ip)
  const typed = Buffer.from(hashToken(loginKey(login))).toString('hex')
  const account = { burst: 10, refill: minutes(1) }
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
