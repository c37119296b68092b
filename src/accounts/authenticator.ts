import type { Db, Tx } from '../db/client.ts'
import { Refusal } from '../errors.ts'
import { isOutdated, seal, unseal } from './seal.ts'
import type { SecretKeys } from './secret-key.ts'
import { stepOf } from './totp.ts'

const contextOf = (userId: string) => `authenticator:${userId}`

/** The secret of an authenticator as it is stored: for this account alone, by a key outside the database. */
export const sealAuthenticator = (keys: SecretKeys, userId: string, secret: Uint8Array) =>
  seal(keys, secret, contextOf(userId))

/**
 * Uses up a code of the member's authenticator; whether it was there to be used. Each works once, and none
 * that is older than the last (RFC 6238 §5.2; ASVS 5.0 6.5.1): one conditional update decides. What a former
 * key sealed is sealed anew by the way. Throws Refusal 500 if no key opens it.
 */
export async function useAuthenticatorCode(
  tx: Tx,
  keys: SecretKeys,
  userId: string,
  code: string,
): Promise<boolean> {
  const authenticator = await tx.authenticator.findUnique({ where: { userId } })
  if (!authenticator) return false
  const { secret: sealed, createdAt } = authenticator
  const secret = unseal(keys, sealed, contextOf(userId))
  if (!secret) throw keyLost(userId)
  const step = stepOf(secret, code)
  if (step === undefined) return false
  const data = {
    lastStep: step,
    ...(isOutdated(keys, sealed) && { secret: sealAuthenticator(keys, userId, secret) }),
  }
  const where = { userId, createdAt, lastStep: { lt: step } }
  const { count } = await tx.authenticator.updateMany({ where, data })
  return count === 1
}

/** No wrong code, but for the operator to mend; a recovery code works meanwhile. */
const keyLost = (userId: string) =>
  new Refusal(
    500,
    'The codes of your app can’t be checked here just now. Use one of your recovery codes, or ask an administrator.',
    {
      title: 'Use a recovery code',
      cause: new Error(`The authenticator of ${userId} was sealed with another SECRET_KEY`),
    },
  )

/**
 * Seals with the current key every authenticator that a former one has sealed, beside the running service: a
 * row that it changes meanwhile is left to it. Answers how many, and whose no key opens.
 */
export async function resealAuthenticators({ db, secretKeys }: { db: Db; secretKeys: SecretKeys }) {
  const lost: string[] = []
  let resealed = 0
  let userId = ''
  for (;;) {
    const rows = await db.authenticator.findMany({
      where: { userId: { gt: userId } },
      orderBy: { userId: 'asc' },
      take: 500,
      select: { userId: true, secret: true, user: { select: { username: true } } },
    })
    for (const row of rows) {
      userId = row.userId
      const secret = unseal(secretKeys, row.secret, contextOf(userId))
      if (!secret) lost.push(row.user.username)
      else if (isOutdated(secretKeys, row.secret)) {
        const where = { userId, secret: row.secret }
        const data = { secret: sealAuthenticator(secretKeys, userId, secret) }
        resealed += (await db.authenticator.updateMany({ where, data })).count
      }
    }
    if (!rows.length) return { resealed, lost }
  }
}
