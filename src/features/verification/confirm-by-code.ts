import type { Source } from '../../accounts/audit/audit.ts'
import { proveAndSignIn } from '../../accounts/prove-address.ts'
import type { KeyedServices } from '../../accounts/services.ts'
import { spend } from '../../accounts/throttle.ts'
import { findByCode } from '../../accounts/token.ts'
import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'
import { minutes } from '../../time.ts'

/**
 * Confirms the address of a sign-up by the code that was mailed with the link, and signs its owner in. Five tries
 * in ten minutes, which is as long as a code works (NIST SP 800-63B-4 §4.2.1.2): counted first, and also for
 * an address to which no code was ever sent. Throws InvalidInput, or Refusal 409, 410 or 429.
 */
export async function confirmByCode(services: KeyedServices, userId: string, typed: string, source: Source) {
  const { db, secretKeys } = services
  const code = typed.replace(/\s/g, '')
  if (!code) throw new InvalidInput({ code: message('code.missing') })
  if (!/^\d{6}$/.test(code)) throw new InvalidInput({ code: message('code.form') })
  await spend(db, [{ key: `code:${userId}`, burst: 5, refill: minutes(10) }])
  const token = await findByCode(db, 'verify-email', userId, code, secretKeys[0])
  if (!token) throw new InvalidInput({ code: message('code.wrong') })
  return proveAndSignIn(services, token, false, source)
}
