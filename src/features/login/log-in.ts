import { record, type Source } from '../../accounts/audit.ts'
import { networkOf } from '../../accounts/network.ts'
import { passwordAttempt } from '../../accounts/password.ts'
import type { Services } from '../../accounts/services.ts'
import { newSession } from '../../accounts/session.ts'
import { type Budget, giveBack, spend } from '../../accounts/throttle.ts'
import { hashToken } from '../../accounts/token.ts'
import { findAccount, loginKey } from '../../accounts/user.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'
import { fromNow, minutes, seconds } from '../../time.ts'

type Typed = { login: string; password: string; remember: boolean }

/**
 * Signs a person in by username or proven e-mail address; answers with the user and the session token.
 * Unknown, wrong and suspended get one answer after one hash (ASVS 5.0 6.3.8).
 * Throws InvalidInput, or Refusal 429 or 503.
 */
export async function logIn(services: Services, typed: Typed, source: Source) {
  const { db, passwords } = services
  requireBoth(typed)
  const user = await findAccount(db, typed.login)
  const account = user?.id ?? Buffer.from(hashToken(loginKey(typed.login))).toString('hex')
  const tries = budgets(account, source)
  await spend(db, tries)

  const password = passwordAttempt(typed.password)
  const matches =
    user && password !== undefined
      ? await passwords.verify(user.passwordHash, password)
      : await passwords.verifyNobody(password ?? '')
  if (!user || !matches || user.status !== 'active') {
    await record(db, 'login.failed', { actor: 'visitor', source, ...(user && { subjectId: user.id }) })
    throw new InvalidInput({ login: message('login.mismatch') })
  }

  await giveBack(db, tries)
  if (passwords.needsRehash(user.passwordHash)) await upgradeHash(services, user, typed.password, source)
  const session = newSession(user, typed.remember, source)
  await db.$transaction([
    db.session.create({ data: session.row, select: { id: true } }),
    db.user.update({ where: { id: user.id }, data: { lastSeenAt: fromNow(0) }, select: { id: true } }),
    record(db, 'session.started', { actor: user.id, subjectId: user.id, source }),
  ])
  return { user, token: session.token }
}

function requireBoth({ login, password }: Typed) {
  if (login.trim() && password) return
  throw new InvalidInput({
    ...(!login.trim() && { login: message('login.missing') }),
    ...(!password && { password: message('login.password-missing') }),
  })
}

/** Tries are counted before the hash: for the account from this network, and for the network. */
function budgets(account: string, source: Source): Budget[] {
  const network = networkOf(source.ip)
  return [
    { key: `login:${account}:${network}`, burst: 10, refill: minutes(1) },
    { key: `login:${network}`, burst: 50, refill: seconds(20) },
  ]
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
