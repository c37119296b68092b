import type { Source } from '../../accounts/audit/audit.ts'
import { findDevice } from '../../accounts/known-device.ts'
import type { KeyedServices } from '../../accounts/services.ts'
import { enter } from '../../accounts/sign-in.ts'
import { consumeToken } from '../../accounts/token.ts'
import { proveSecondStep } from '../../accounts/two-factor.ts'
import type { Token } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'

/** What is said to whoever comes without a first step, or too long after it. */
export const stepExpired = () =>
  new Refusal(410, 'It has been too long since you typed your password, so please type it again.', {
    title: 'Please sign in again',
    wayOn: { href: '/login', text: 'Sign in' },
  })

type Typed = { code: string; remember: boolean; trust: boolean }

/**
 * Takes the code that follows a right password, and lets its owner in. The code and the step are used up
 * together, the step by success alone (ASVS 5.0 2.3.1). Throws InvalidInput, or Refusal 410 or 429.
 */
export async function takeSecondStep(
  services: KeyedServices,
  step: Token,
  { code, remember, trust }: Typed,
  source: Source,
  devices: readonly string[],
) {
  const { db } = services
  const user = await db.user.findUnique({ where: { id: step.userId ?? '' } })
  if (!user) throw stepExpired()
  await proveSecondStep(services, user, code, { actor: 'visitor', source }, async (tx) => {
    if (!(await consumeToken(tx, step))) throw stepExpired()
  })
  const device = await findDevice(db, user.id, devices)
  const entrance = await enter(db, user, { way: 'two-factor', device, remember, trust }, source)
  if (!entrance) throw stepExpired()
  return { user, entrance }
}
