import { seal, unseal } from '../../accounts/seal.ts'
import type { SecretKeys } from '../../accounts/secret-key.ts'
import { newTotpSecret } from '../../accounts/totp.ts'
import { minutes, now } from '../../time.ts'

/** How long somebody may take to scan a key, in ms. */
const SCAN_WITHIN = minutes(30)
const EXPIRY = 8

const contextOf = (userId: string) => `enrolment:${userId}`

/**
 * A secret that its member is still to scan. It is stored nowhere: the form carries it, sealed for this account and
 * with an end, so that a rejected code shows the same one again.
 */
type NewKey = { secret: Buffer; sealed: string }

/** Makes one. */
export function newKey(keys: SecretKeys, userId: string): NewKey {
  const secret = newTotpSecret()
  const expiry = Buffer.alloc(EXPIRY)
  expiry.writeBigUInt64BE(BigInt(now() + SCAN_WITHIN))
  const sealed = seal(keys, Buffer.concat([expiry, secret]), contextOf(userId))
  return { secret, sealed: Buffer.from(sealed).toString('base64url') }
}

/** The one that a form brought back, or undefined if it is none of ours, another's or too old. */
export function openKey(keys: SecretKeys, userId: string, sealed: string): NewKey | undefined {
  const plain = unseal(keys, Buffer.from(sealed, 'base64url'), contextOf(userId))
  if (!plain || plain.readBigUInt64BE() <= BigInt(now())) return undefined
  return { secret: plain.subarray(EXPIRY), sealed }
}
