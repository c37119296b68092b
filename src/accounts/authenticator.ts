import type { Tx } from '../db/client.ts'
import { isOutdated, seal, unseal } from './seal.ts'
import type { SecretKeys } from './secret-key.ts'
import { stepOf } from './totp.ts'

const contextOf = (userId: string) => `authenticator:${userId}`

/** The secret of an authenticator as it is stored: only for this account, and by a key outside the database. */
export const sealAuthenticator = (keys: SecretKeys, userId: string, secret: Uint8Array) =>
  seal(keys, secret, contextOf(userId))

/** The same opened. Throws if no key fits: then it is the operator who has to mend it. */
function openAuthenticator(keys: SecretKeys, userId: string, sealed: Uint8Array): Buffer {
  const secret = unseal(keys, sealed, contextOf(userId))
  if (!secret) throw new Error(`The authenticator of ${userId} was sealed with another SECRET_KEY`)
  return secret
}

/**
 * Uses up a code of the member's authenticator; whether it was there to be used. Each works once, and none that is
 * older than the last (RFC 6238 §5.2; ASVS 5.0 6.5.1): one conditional update decides. What a former key sealed is
 * sealed anew by the way.
 */
export async function useAuthenticatorCode(
  tx: Tx,
  keys: SecretKeys,
  userId: string,
  code: string,
): Promise<boolean> {
  const authenticator = await tx.authenticator.findUnique({ where: { userId } })
  if (!authenticator) return false
  const { secret: sealed, lastStep, createdAt } = authenticator
  const secret = openAuthenticator(keys, userId, sealed)
  const step = stepOf(secret, code, lastStep)
  if (step === undefined) return false
  const data = {
    lastStep: step,
    ...(isOutdated(keys, sealed) && { secret: sealAuthenticator(keys, userId, secret) }),
  }
  const where = { userId, createdAt, lastStep: { lt: step } }
  const { count } = await tx.authenticator.updateMany({ where, data })
  return count === 1
}
