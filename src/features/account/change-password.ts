import type { Source } from '../../accounts/audit/audit.ts'
import { passwordAttempt } from '../../accounts/password.ts'
import { mismatch, requirePassword } from '../../accounts/require-password.ts'
import type { Services } from '../../accounts/services.ts'
import type { SessionTokens, SignedIn } from '../../accounts/session.ts'
import { setOwnPassword } from '../../accounts/set-password.ts'
import { prepareNewPassword } from '../../accounts/user.ts'
import type { Config } from '../../config.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'

type Typed = { current: string; password: string }

/**
 * Changes a member's password, or sets one where there is none, which ends every session; answers the token
 * of a new one for this browser (ASVS 5.0 7.2.4, 7.4.3). Throws InvalidInput, or Refusal 409, 429 or 503.
 */
export async function changePassword(
  services: Services,
  member: SignedIn,
  typed: Typed,
  source: Source,
): Promise<SessionTokens> {
  const { config, db, passwords } = services
  const { user } = member
  const password = readPasswords(typed, user, config)
  if (user.passwordHash) await requirePassword(services, user, typed.current, source)
  const passwordHash = await passwords.hash(password)
  return db.$transaction(async (tx) => {
    const tokens = await setOwnPassword(tx, member, passwordHash, 'password.changed', source)
    if (!tokens) throw mismatch()
    return tokens
  })
}

/** The new password, prepared. Throws InvalidInput with every problem that shows without a hash. */
function readPasswords(typed: Typed, user: User, config: Config): string {
  const password = prepareNewPassword(typed.password, user, config)
  const asked = user.passwordHash !== ''
  const same = asked && password.ok && password.value === passwordAttempt(typed.current)
  if ((typed.current || !asked) && password.ok && !same) return password.value
  throw new InvalidInput({
    ...(asked && !typed.current && { current: message('current.missing') }),
    ...(!password.ok && { password: password.problem }),
    ...(same && { password: message('password.same') }),
  })
}
