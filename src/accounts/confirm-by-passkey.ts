import { minutes } from '../time.ts'
import { record, type Source } from './audit/audit.ts'
import { usePasskey } from './passkey.ts'
import { takeChallenge } from './passkey-challenge.ts'
import { readAssertion, unfinished } from './passkey-response.ts'
import type { KeyedServices } from './services.ts'
import { proveSession, type SignedIn, signedOut } from './session.ts'
import { giveBack, spend } from './throttle.ts'

/**
 * Takes the member's word, by a passkey of their own, that it is them: two factors at once. Answers with the
 * session's new token. `sealed` is the challenge that the browser holds. Throws InvalidInput, or Refusal 409
 * or 429.
 */
export async function confirmByPasskey(
  services: KeyedServices,
  member: SignedIn,
  credential: string,
  sealed: string | undefined,
  source: Source,
): Promise<string> {
  const { db } = services
  const { user, session } = member
  const tries = { key: `passkey:${user.id}`, burst: 10, refill: minutes(1) }
  await spend(db, [tries])
  const assertion = readAssertion(credential)
  const challenge = await takeChallenge(services, sealed, { purpose: 'confirm', sessionId: session.id })
  const own = { credentialId: assertion.id, userId: user.id }
  if (!challenge) throw unfinished()
  const passkey = await db.passkey.findFirst({ where: own })
  const { userHandle } = assertion.response
  const handle = Buffer.from(user.passkeyHandle ?? []).toString('base64url')
  const isTheirs = passkey && (userHandle === undefined || userHandle === handle)
  if (!isTheirs || !(await usePasskey(services, passkey, assertion, challenge, source))) {
    await record(db, 'proof.failed', { actor: user.id, subjectId: user.id, source })
    throw unfinished()
  }
  const token = await proveSession(db, member, source)
  if (!token) throw signedOut()
  await giveBack(db, [tries])
  return token
}
