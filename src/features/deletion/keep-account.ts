import { record, type Source } from '../../accounts/audit/audit.ts'
import { type SessionTokens, type SignIn, startSession } from '../../accounts/session.ts'
import { consumeToken } from '../../accounts/token.ts'
import type { Db } from '../../db/client.ts'
import type { Token, User } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'

/** Said to whose sign-in is too old, whose account doesn't close any more or is gone: one answer to all. */
export const stepExpired = () =>
  new Refusal(410, 'You signed in too long ago. Sign in once more, and then keep your account.', {
    title: 'Sign in once more',
    wayOn: { href: '/login', text: 'Sign in' },
  })

/** What an administrator closed has an end of suspension too, and only an administrator keeps it. */
const closedByMember = { status: 'closing' as const, suspendedUntil: null }

/** The account that this step of a sign-in leads back to. Throws Refusal 410 if it isn't closing. */
export async function closingAccount(db: Db, { userId }: Token): Promise<User & { closesAt: Date }> {
  const where = { id: userId ?? '', ...closedByMember }
  const user = await db.user.findUnique({ where })
  if (!user?.closesAt) throw stepExpired()
  return { ...user, closesAt: user.closesAt }
}

/**
 * Takes an account back that was to be erased, and signs its owner in, who has proven all that it asks for
 * before they came here. Erased or kept is decided by one row: never half of each. Throws Refusal 410.
 */
export async function keepAccount(
  db: Db,
  token: Token,
  browser: Pick<SignIn, 'remember' | 'device'>,
  source: Source,
): Promise<SessionTokens> {
  const { id } = await closingAccount(db, token)
  return db.$transaction(async (tx) => {
    const data = { status: 'active' as const, closesAt: null }
    const { count } = await tx.user.updateMany({ where: { id, ...closedByMember }, data })
    if (count === 0 || !(await consumeToken(tx, token))) throw stepExpired()
    const user = await tx.user.findUniqueOrThrow({ where: { id } })
    await record(tx, 'user.kept', { actor: id, subjectId: id, source })
    await Promise.all(notify(tx, 'account-kept', user, source))
    const tokens = await startSession(tx, user, { ...browser, proven: true, trust: false }, source)
    if (!tokens) throw stepExpired()
    return tokens
  })
}
