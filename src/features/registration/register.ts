import { record, type Source } from '../../accounts/audit.ts'
import { networkOf } from '../../accounts/network.ts'
import type { Services } from '../../accounts/services.ts'
import { newSession, startSession } from '../../accounts/session.ts'
import { type Budget, hasTry, spend } from '../../accounts/throttle.ts'
import { asTaken, newUser, readAccount, type TypedAccount } from '../../accounts/user.ts'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { fromNow, minutes } from '../../time.ts'

const REPEAT_WITHIN = minutes(15)

/**
 * Makes an account and signs its owner in; answers with the user's id, name and session token.
 * Throws InvalidInput with every problem, or Refusal 429 or 503. Whether a name is taken is told only
 * after the limits and the hash (ASVS 5.0 2.4.1): there is no cheaper way to ask.
 */
export async function register(services: Services, typed: TypedAccount, source: Source) {
  const { config, db, passwords } = services
  const account = readAccount(typed, config)
  await spend(db, budgets(source))

  const user = newUser(account, await passwords.hash(account.password))
  const session = newSession(user, false, source)
  try {
    await db.$transaction([
      db.user.create({ data: user, select: { id: true } }),
      db.session.create({ data: session.row, select: { id: true } }),
      record(db, 'user.registered', { actor: user.id, subjectId: user.id, source }),
    ])
  } catch (error) {
    const taken = await asTaken(db, error, account)
    const again = taken !== error && (await signInAgain(services, user.username, account.password, source))
    if (!again) throw taken
    return again
  }
  return { id: user.id, username: user.username, token: session.token }
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
 * Signs in to the account that this very person made a moment ago, if the answer got lost or the button was
 * pressed twice: the same name and password from the same browser. Told "that name is taken", they would be
 * stranded. For anybody else it is a log-in that fails, and is counted and recorded as one.
 */
async function signInAgain({ db, passwords }: Services, username: string, password: string, source: Source) {
  const user = await db.user.findUnique({ where: { username, status: 'active' } })
  if (!user || !(await signedUpFrom(db, user, source))) return undefined
  if (!(await hasTry(db, { key: `register:again:${user.id}`, burst: 5, refill: minutes(5) })))
    return undefined
  const matches = await passwords.verify(user.passwordHash, password)
  if (!matches) await record(db, 'login.failed', { actor: 'visitor', subjectId: user.id, source })
  const token = matches && (await startSession(db, user, false, source))
  return token ? { id: user.id, username, token } : undefined
}

async function signedUpFrom(db: Db, user: User, { ip, userAgent }: Source): Promise<boolean> {
  const at = { gt: fromNow(-REPEAT_WITHIN) }
  const signUp = { event: 'user.registered', subjectId: user.id, ip, userAgent, at }
  return (await db.auditEvent.count({ where: signUp })) > 0
}
