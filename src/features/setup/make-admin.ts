import { record, type Source } from '../../accounts/audit/audit.ts'
import { refuseFormer, refuseHeld } from '../../accounts/held-name.ts'
import type { Services } from '../../accounts/services.ts'
import { firstSession } from '../../accounts/session.ts'
import { consumeToken, issueToken, linkTo } from '../../accounts/token.ts'
import { asTaken, newUser, readAccount, type TypedAccount } from '../../accounts/user.ts'
import type { Db, Tx } from '../../db/client.ts'
import type { Token } from '../../db/generated/sqlite/client.ts'
import { serializable } from '../../db/transaction.ts'
import { Refusal } from '../../errors.ts'
import { fromNow, hours } from '../../time.ts'

/** What is said to a setup link that doesn't work, or not any more. */
export async function linkExpired(db: Db | Tx): Promise<Refusal> {
  if (!(await hasAdmin(db)))
    return new Refusal(410, 'It may have been used, or it is too old. Start the service again for a new one.')
  return new Refusal(
    410,
    'There is an administrator already. If that’s you, sign in. If not, ask them, or run “foyer admin create”.',
    {
      wayOn: { href: '/login', text: 'Sign in' },
    },
  )
}

/** A one-time link that makes the first administrator, while there is none. It works for 24 hours. */
export async function setupLink({
  config,
  db,
}: Pick<Services, 'config' | 'db'>): Promise<string | undefined> {
  if (await hasAdmin(db)) return undefined
  const { token } = await issueToken(db, 'setup', fromNow(hours(24)))
  return linkTo(config, 'setup', token)
}

/** Whether there is an administrator, suspended or not. */
const hasAdmin = async (db: Db | Tx) => (await db.user.count({ where: { role: 'admin' } })) > 0

/**
 * Makes an administrator for an operator, who vouches for the address. With the token of the setup link it
 * also signs them in; the token is used up in the same transaction, and only the first may come this way.
 * Throws InvalidInput, or Refusal 410 or 503.
 */
export async function makeAdmin(
  { config, db, passwords }: Services,
  typed: TypedAccount,
  source: Source,
  { actor, token }: { actor: string; token?: Token },
) {
  const account = readAccount(typed, config)
  const user = newUser(account, await passwords.hash(account.password), { role: 'admin', vouched: true })
  try {
    const tokens = await serializable(db, async (tx) => {
      if (token !== undefined && (!(await consumeToken(tx, token)) || (await hasAdmin(tx))))
        throw await linkExpired(tx)
      await tx.user.create({ data: user, select: { id: true } })
      await refuseHeld(tx, user)
      await refuseFormer(tx, user)
      await record(tx, 'user.made-admin', { actor, subjectId: user.id, source })
      if (token === undefined) return undefined
      const first = firstSession(tx, user, false, source)
      await first.write
      return first.tokens
    })
    return { id: user.id, username: user.username, tokens }
  } catch (error) {
    throw await asTaken(db, error, account, { suggest: false })
  }
}
