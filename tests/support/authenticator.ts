import { Secret, TOTP } from 'otpauth'
import { sealAuthenticator } from '../../src/accounts/authenticator.ts'
import { replaceRecoveryCodes } from '../../src/accounts/recovery-code.ts'
import { newTotpSecret } from '../../src/accounts/totp.ts'
import type { User } from '../../src/db/generated/sqlite/client.ts'
import { now } from '../../src/time.ts'
import type { App } from './requests.ts'

/** The digits that an app shows `later` (ms) than now, by another implementation than ours. */
export function codeOf(secret: Uint8Array | string, later = 0) {
  const bytes = typeof secret === 'string' ? undefined : new Uint8Array(secret).buffer
  const key = bytes ? new Secret({ buffer: bytes }) : Secret.fromBase32(String(secret).replace(/\s/g, ''))
  return new TOTP({ secret: key }).generate({ timestamp: now() + later })
}

/** Gives a member an authenticator and recovery codes, as if they had turned two-step sign-in on a while ago. */
export async function addAuthenticator({ db, secretKeys }: App, { id: userId }: Pick<User, 'id'>) {
  const secret = newTotpSecret()
  const row = { userId, secret: sealAuthenticator(secretKeys, userId, secret), lastStep: 0 }
  const recovery = await db.$transaction(async (tx) => {
    await tx.authenticator.create({ data: row })
    return replaceRecoveryCodes(tx, userId)
  })
  return { secret, recovery, code: (later = 0) => codeOf(secret, later) }
}
