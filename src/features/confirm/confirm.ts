import type { Source } from '../../accounts/audit.ts'
import { requirePassword } from '../../accounts/require-password.ts'
import type { Services } from '../../accounts/services.ts'
import { proveSession, type SignedIn } from '../../accounts/session.ts'
import { InvalidInput, Refusal } from '../../errors.ts'
import { message } from '../../messages.ts'

type Typed = { current: string }

/** Said to whose session has ended while they confirmed. */
export const signedOut = () =>
  new Refusal(409, 'You were signed out meanwhile, so nothing was done.', {
    wayOn: { href: '/login', text: 'Sign in' },
  })

/**
 * Takes the member's word, by their password, that it is them; answers with the session's new token.
 * Throws InvalidInput, or Refusal 409, 429 or 503.
 */
export async function confirmByPassword(
  services: Services,
  member: SignedIn,
  { current }: Typed,
  source: Source,
): Promise<string> {
  if (!current) throw new InvalidInput({ current: message('current.missing') })
  await requirePassword(services, member.user, current)
  const token = await proveSession(services.db, member, source)
  if (!token) throw signedOut()
  return token
}
