import { record, type Source } from '../../accounts/audit/audit.ts'
import { holdSession, type SignedIn } from '../../accounts/session.ts'
import { voidTokens } from '../../accounts/token.ts'
import type { Db } from '../../db/client.ts'
import { Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'

/** What is said to whose two-step sign-in is off. */
export const isOff = () =>
  new Refusal(409, 'Two-step sign-in is off, so nothing was changed.', {
    wayOn: { href: '/account/two-factor', text: 'Turn it on' },
  })

/**
 * Turns two-step sign-in off, and what hangs on it: recovery codes, steps half done, devices that weren't
 * asked. The session has proven both factors a moment ago (NIST SP 800-63B-4 §4.1.2). Throws Refusal 409.
 */
export async function turnOff(db: Db, member: SignedIn, everywhere: boolean, source: Source): Promise<void> {
  const { user, session } = member
  const { id } = user
  const where = { userId: id }
  await db.$transaction(async (tx) => {
    await holdSession(tx, member)
    const { count } = await tx.authenticator.deleteMany({ where })
    if (count === 0) throw isOff()
    // Sessions before devices, as in all that ends both: the other way round two could wait for each other.
    if (everywhere) await tx.session.deleteMany({ where: { ...where, id: { not: session.id } } })
    await tx.recoveryCode.deleteMany({ where })
    await tx.device.updateMany({ where, data: { trustedUntil: null } })
    await voidTokens(tx, id, ['two-factor'])
    await record(tx, 'two-factor.turned-off', { actor: id, subjectId: id, source })
    await Promise.all(notify(tx, 'two-factor-off', user, source))
  })
}
