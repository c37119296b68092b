import { liftIfOver } from '../../accounts/acts/suspend.ts'
import { record, type Source } from '../../accounts/audit/audit.ts'
import { findDevice } from '../../accounts/known-device.ts'
import { networkOf } from '../../accounts/network.ts'
import { usePasskey } from '../../accounts/passkey.ts'
import { takeChallenge } from '../../accounts/passkey-challenge.ts'
import { readAssertion, unfinished } from '../../accounts/passkey-response.ts'
import type { KeyedServices } from '../../accounts/services.ts'
import { enter } from '../../accounts/sign-in.ts'
import { type Budget, giveBack, spend } from '../../accounts/throttle.ts'
import type { Db } from '../../db/client.ts'
import type { Device } from '../../db/generated/sqlite/client.ts'
import { InvalidInput } from '../../errors.ts'
import { type MessageCode, message } from '../../messages.ts'
import { minutes, seconds } from '../../time.ts'

type Typed = { credential: string; remember: boolean }

/** What the browser holds: the devices it has been, and the challenge it was given, sealed. */
type Browser = { devices: readonly string[]; challenge: string | undefined }

/**
 * Lets a person in by a passkey alone, which is two factors, or on to the next step; answers with the user
 * too. A passkey of a suspended account is answered like one that we don't know. Throws InvalidInput, or
 * Refusal 429.
 */
export async function logInByPasskey(
  services: KeyedServices,
  { credential, remember }: Typed,
  source: Source,
  { devices, challenge: sealed }: Browser,
) {
  const { db } = services
  const assertion = readAssertion(credential)
  const where = { credentialId: assertion.id }
  const passkey = await db.passkey.findUnique({ where, include: { user: true } })
  const device = passkey && (await findDevice(db, passkey.userId, devices))
  const tries = budget(device, source)
  await spend(db, [tries])

  const challenge = await takeChallenge(services, sealed, { purpose: 'sign-in' })
  if (!challenge) throw unfinished()
  const handle = passkey?.user.passkeyHandle
  if (!handle || Buffer.from(handle).toString('base64url') !== assertion.response.userHandle)
    throw await failed(db, 'passkey.unknown', source)
  const user = await liftIfOver(db, passkey.user)
  if (!(await usePasskey(services, passkey, assertion, challenge, source)))
    throw await failed(db, 'passkey.unfinished', source, user.id)
  const entrance = await enter(db, user, { way: 'passkey', device, remember }, source)
  if (!entrance) throw await failed(db, 'passkey.unknown', source, user.id)
  await giveBack(db, [tries])
  return { user, entrance }
}

async function failed(db: Db, code: MessageCode & `passkey.${string}`, source: Source, subjectId?: string) {
  await record(db, 'login.failed', { actor: 'visitor', source, ...(subjectId && { subjectId }) })
  return new InvalidInput({ credential: message(code) })
}

/** A browser in which the member has signed in before has tries of its own, which nobody else can use up. */
const budget = (device: Device | null, { ip }: Source): Budget =>
  device
    ? { key: `login:device:${device.id}:passkey`, burst: 10, refill: minutes(1) }
    : { key: `passkey:${networkOf(ip)}`, burst: 50, refill: seconds(20) }
