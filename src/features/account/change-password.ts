import type { Source } from '../../accounts/audit.ts'
import { passwordAttempt } from '../../accounts/password.ts'
import { mismatch, requirePassword } from '../../accounts/require-password.ts'
import type { Services } from '../../accounts/services.ts'
import { isProven, newSession, type SessionTokens, type SignedIn, signedOut } from '../../accounts/session.ts'
import { setPassword } from '../../accounts/set-password.ts'
import { prepareNewPassword } from '../../accounts/user.ts'
import type { Config } from '../../config.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'

type Typed = { current: string; password: string }

/**
 * Changes a member's password, or sets one where there is none, which ends every session; answers with the tokens of
 * a new one for this browser (ASVS 5.0 7.2.4, 7.4.3). Throws InvalidInput, or Refusal 409, 429 or 503.
 */
export async function changePassword(
  services: Services,
  { user, session }: SignedIn,
  typed: Typed,
  source: Source,
): Promise<SessionTokens> {
  const { config, db, passwords } = services
  const password = readPasswords(typed, user, config)
  if (user.passwordHash) await requirePassword(services, user, typed.current)
  const passwordHash = await passwords.hash(password)
  const { deviceId } = session
  const renewed = newSession(user, session.remember, source, { deviceId, proven: isProven(session) })
  await db.$transaction(async (tx) => {
    const { count } = await tx.session.deleteMany({ where: { id: session.id } })
    if (!(await setPassword(tx, user, passwordHash, 'password.changed', source))) throw mismatch()
    // One that was ended meanwhile doesn't come back under another name.
    if (count === 0) throw signedOut()
    await tx.session.create({ data: renewed.row, select: { id: true } })
  })
  return { session: renewed.token }
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
