import { sealFor, unsealInTime } from '../../accounts/seal.ts'
import type { SecretKeys } from '../../accounts/secret-key.ts'
import { newTotpSecret } from '../../accounts/totp.ts'
import { minutes } from '../../time.ts'

/** How long somebody may take to scan a key, in ms. */
const SCAN_WITHIN = minutes(30)

const contextOf = (userId: string) => `enrolment:${userId}`

/**
 * A secret that its member is still to scan. It is stored nowhere: the form carries it, sealed for this
 * account and with an end, so that a rejected code shows the same one again.
 */
type NewKey = { secret: Buffer; sealed: string }

/** Makes one. */
export function newKey(keys: SecretKeys, userId: string): NewKey {
  const secret = newTotpSecret()
  return { secret, sealed: sealFor(SCAN_WITHIN, keys, secret, contextOf(userId)) }
}

/** The one that a form brought back, or undefined if it is none of ours, another's or too old. */
export function openKey(keys: SecretKeys, userId: string, sealed: string): NewKey | undefined {
  const secret = unsealInTime(keys, sealed, contextOf(userId))
  return secret && { secret, sealed }
}
