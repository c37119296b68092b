import { record, type Source } from '../../accounts/audit/audit.ts'
import { type Email, prepareNewEmail } from '../../accounts/email.ts'
import { requirePassword } from '../../accounts/require-password.ts'
import type { Services } from '../../accounts/services.ts'
import { spend } from '../../accounts/throttle.ts'
import { voidTokens } from '../../accounts/token.ts'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { InvalidInput, Refusal } from '../../errors.ts'
import { notify, post } from '../../mail/outbox.ts'
import { message } from '../../messages.ts'
import { minutes, seconds } from '../../time.ts'
import { changedElsewhere, toAccount } from './changed-elsewhere.ts'

type Typed = { email: string; current: string }

/**
 * Asks for another address. A proven one stays until the new one is proven, and its mailbox is told, with a link
 * that undoes it (ASVS 5.0 6.3.7); one that isn't proven is replaced. Whether the new one belongs to somebody is
 * found out when the mail is sent: the answer is the same. Throws InvalidInput, or Refusal 409, 429 or 503.
 */
export async function changeEmail(
  services: Services,
  user: User,
  typed: Typed,
  source: Source,
): Promise<void> {
  const wanted = readTyped(typed, user, services.config)
  if (user.passwordHash) await requirePassword(services, user, typed.current, source)
  // Each tells the mailbox in use: not so often that the mail that matters is buried.
  await spend(services.db, [{ key: `change-email:${user.id}`, burst: 5, refill: minutes(15) }])
  const { id, passwordHash, provenEmailKey } = user
  await services.db.$transaction(async (tx) => {
    const { count } = await tx.user.updateMany({
      where: { id, passwordHash, provenEmailKey, status: 'active' },
      data: provenEmailKey ? { newEmail: wanted.email } : { email: wanted.email, emailKey: wanted.key },
    })
    if (count === 0) throw changedElsewhere()
    await voidTokens(tx, id, ['verify-email', ...(provenEmailKey ? [] : ['reset-password' as const])])
    await record(tx, 'email.change-requested', { actor: id, subjectId: id, source })
    await post(tx, 'verify-email', { address: wanted.email, userId: id }, source)
    await Promise.all(notify(tx, 'email-changing', user, source, { newAddress: wanted.email }))
  })
}

function readTyped(typed: Typed, user: User, config: Config): Email {
  const email = prepareNewEmail(typed.email, config)
  const same = email.ok && email.value.key === user.emailKey
  const asked = user.passwordHash !== ''
  if ((typed.current || !asked) && email.ok && !same) return email.value
  throw new InvalidInput({
    ...(!email.ok && { email: email.problem }),
    ...(same && { email: message('email.same') }),
    ...(asked && !typed.current && { current: message('current.missing') }),
  })
}

/** Mails the link to the address that is still to be proven, once a minute. Throws Refusal 409 or 429. */
export async function resendLink(db: Db, user: User, source: Source): Promise<void> {
  const { id, email, provenEmailKey, newEmail } = user
  const address = provenEmailKey ? newEmail : email
  if (!address) throw new Refusal(409, 'There is no address to be confirmed.', toAccount)
  await spend(db, [{ key: `resend:${id}`, burst: 1, refill: seconds(60) }])
  await post(db, 'verify-email', { address, userId: id }, source)
}

/** Keeps the proven address: the link that was mailed to the new one opens nothing any more. */
export async function cancelEmailChange(db: Db, { id }: User, source: Source): Promise<void> {
  await db.$transaction(async (tx) => {
    const where = { id, newEmail: { not: null } }
    const { count } = await tx.user.updateMany({ where, data: { newEmail: null } })
    if (count === 0) return
    await voidTokens(tx, id, ['verify-email'])
    await record(tx, 'email.change-cancelled', { actor: id, subjectId: id, source })
  })
}
