import { InvalidInput } from '../errors.ts'
import { message } from '../messages.ts'
import type { Source } from './audit/audit.ts'
import { requirePassword } from './require-password.ts'
import type { KeyedServices } from './services.ts'
import { proveSession, type SignedIn, signedOut } from './session.ts'
import { hasSecondStep, proveSecondStep } from './two-factor.ts'

type Typed = { current: string; code: string }

/**
 * Takes the member's word that it is them, by their password, and by a code if that is asked for at a sign-in
 * too; answers with the session's new token. The code is read after the password, so that whoever finds a
 * browser signed in can't use up the tries (ASVS 5.0 7.5.1). Throws InvalidInput, or Refusal 409, 429 or 503.
 */
export async function confirmByPassword(
  services: KeyedServices,
  member: SignedIn,
  { current, code }: Typed,
  source: Source,
): Promise<string> {
  const { db } = services
  const { user } = member
  const asksCode = await hasSecondStep(db, user.id)
  if (!current || (asksCode && !code.trim()))
    throw new InvalidInput({
      ...(!current && { current: message('current.missing') }),
      ...(asksCode && !code.trim() && { code: message('code.missing') }),
    })
  await requirePassword(services, user, current, source)
  if (asksCode) await proveSecondStep(services, user, code, { actor: user.id, source }, async () => {})
  const token = await proveSession(db, member, source, async (tx) => {
    // Turned on while the password was weighed, two-step sign-in asks for more than that.
    if (!asksCode && (await hasSecondStep(tx, user.id)))
      throw new InvalidInput({ code: message('code.missing') })
  })
  if (!token) throw signedOut()
  return token
}
