import { record, type Source } from '../../accounts/audit/audit.ts'
import { sealAuthenticator } from '../../accounts/authenticator.ts'
import { replaceRecoveryCodes } from '../../accounts/recovery-code.ts'
import type { KeyedServices } from '../../accounts/services.ts'
import { holdSession, type SignedIn } from '../../accounts/session.ts'
import { stepOf } from '../../accounts/totp.ts'
import { hasSecondStep } from '../../accounts/two-factor.ts'
import { uniqueViolation } from '../../db/errors.ts'
import { InvalidInput, Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'
import { message } from '../../messages.ts'
import { fromNow } from '../../time.ts'
import { openKey } from './new-key.ts'

type Typed = { code: string; key: string; everywhere: boolean }

/**
 * Turns two-step sign-in on, with a code that shows that the app has the key; answers with the recovery
 * codes. That code is used up by it. Other sessions have proven less than is asked for now, so they have to
 * prove it again. Throws InvalidInput, or Refusal 409 if it is on already or the session has ended.
 */
export async function turnOn(
  { db, secretKeys }: KeyedServices,
  member: SignedIn,
  typed: Typed,
  source: Source,
): Promise<string[]> {
  const { user, session } = member
  const { id } = user
  // Else a code of another tab's key would be called wrong.
  if (await hasSecondStep(db, id)) throw isOn()
  const { secret, step } = readTyped(typed, secretKeys, id)
  const row = { userId: id, secret: sealAuthenticator(secretKeys, id, secret), lastStep: step }
  const others = { userId: id, id: { not: session.id } }
  try {
    return await db.$transaction(async (tx) => {
      await holdSession(tx, member)
      await tx.authenticator.create({ data: { ...row, createdAt: fromNow(0) }, select: { userId: true } })
      if (typed.everywhere) await tx.session.deleteMany({ where: others })
      else await tx.session.updateMany({ where: others, data: { provenAt: null } })
      await record(tx, 'two-factor.turned-on', { actor: id, subjectId: id, source })
      await Promise.all(notify(tx, 'two-factor-on', user, source))
      return replaceRecoveryCodes(tx, id)
    })
  } catch (error) {
    if (!uniqueViolation(error)) throw error
    throw isOn()
  }
}

const isOn = () =>
  new Refusal(
    409,
    'Two-step sign-in is on already, so nothing was changed. If you didn’t save your recovery codes, make new ones.',
    { wayOn: { href: '/account/two-factor', text: 'Go on' } },
  )

function readTyped({ code, key }: Typed, keys: KeyedServices['secretKeys'], userId: string) {
  const opened = openKey(keys, userId, key)
  if (!opened) throw new InvalidInput({ code: message('code.new-key') })
  const digits = code.replace(/\s/g, '')
  if (!digits) throw new InvalidInput({ code: message('code.missing') })
  if (!/^\d{6}$/.test(digits)) throw new InvalidInput({ code: message('code.form') })
  const step = stepOf(opened.secret, digits)
  if (step === undefined) throw new InvalidInput({ code: message('code.not-now') })
  return { secret: opened.secret, step }
}
