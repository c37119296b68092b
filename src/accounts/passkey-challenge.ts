import { randomBytes } from 'node:crypto'
import type { Db } from '../db/client.ts'
import { minutes } from '../time.ts'
import { sealFor, unsealInTime } from './seal.ts'
import type { SecretKeys } from './secret-key.ts'
import { hasTry } from './throttle.ts'
import { hashToken } from './token.ts'

/** What a passkey is asked for, and in which session; at a sign-in there is none yet. */
export type Occasion = { purpose: 'add' | 'confirm'; sessionId: string } | { purpose: 'sign-in' }

/** How long a challenge may be answered, in ms. */
export const CHALLENGE_HOLDS = minutes(5)

const contextOf = (occasion: Occasion) =>
  `passkey:${occasion.purpose}:${'sessionId' in occasion ? occasion.sessionId : ''}`

/**
 * 32 random bytes for a passkey to sign (ASVS 5.0 6.7.2), and the same sealed, for the browser to keep: what
 * it is for and when it ends can't be changed there, and nothing is stored here.
 */
export function newChallenge(keys: SecretKeys, occasion: Occasion) {
  const challenge = randomBytes(32)
  const sealed = sealFor(CHALLENGE_HOLDS, keys, challenge, contextOf(occasion))
  return { challenge: new Uint8Array(challenge), sealed }
}

/** Uses a challenge up, once; answers it in base64url, undefined if it is old, used or for something else. */
export async function takeChallenge(
  { db, secretKeys }: { db: Db; secretKeys: SecretKeys },
  sealed: string | undefined,
  occasion: Occasion,
): Promise<string | undefined> {
  const challenge = unsealInTime(secretKeys, sealed ?? '', contextOf(occasion))?.toString('base64url')
  if (!challenge) return undefined
  const key = `passkey-challenge:${Buffer.from(hashToken(challenge)).toString('hex')}`
  return (await hasTry(db, { key, burst: 1, refill: CHALLENGE_HOLDS })) ? challenge : undefined
}
