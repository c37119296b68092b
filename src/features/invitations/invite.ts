import type { Deed } from '../../accounts/acts/as-admin.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import { recordAll } from '../../accounts/audit/audit.ts'
import type { Email } from '../../accounts/email.ts'
import { stillOpen } from '../../accounts/invitation.ts'
import { newId } from '../../accounts/new-id.ts'
import { prepareRole } from '../../accounts/role.ts'
import type { Services } from '../../accounts/services.ts'
import { accept } from '../../accounts/text.ts'
import type { Tx } from '../../db/client.ts'
import { Refusal } from '../../errors.ts'
import { postAll } from '../../mail/outbox.ts'
import { fromNow } from '../../time.ts'
import { prepareAddresses } from './prepare-addresses.ts'
import { prepareDays, requireSignUp } from './terms.ts'

/** What an administrator types to invite people: addresses one a line, a role and a number of days. */
type Typed = { emails: string; role: string; days: string }

/**
 * Mails each address an invitation of its own; an earlier one that still waits there gives way to it. All are made
 * or none; answers the addresses. Throws InvalidInput with every problem, or Refusal 403 or 409.
 */
export async function invite(
  { config, db }: Pick<Services, 'config' | 'db'>,
  { actor, source }: Deed,
  typed: Typed,
): Promise<string[]> {
  requireSignUp(config)
  if (config.email === 'off')
    throw new Refusal(409, 'We don’t send email here, so nothing was sent. Make a link instead.')
  const { emails, role, days } = accept({
    emails: await prepareAddresses({ config, db }, typed.emails),
    role: prepareRole(typed.role),
    days: prepareDays(typed.days),
  })
  const rows = emails.map(({ email, key }) => ({
    ...{ id: newId(), address: email, addressKey: key, role, usesLeft: 1 },
    ...{ createdBy: actor.id, createdAt: fromNow(0), expiresAt: fromNow(days) },
  }))
  const event = (id: string) => ({ actor: actor.id, source, detail: { invitation: id } })
  await db.$transaction(async (tx) => {
    await requireRole(tx, actor, ['admin'])
    const replaced = await cancelEarlier(tx, emails)
    await recordAll(tx, 'invitation.cancelled', replaced.map(event))
    await tx.invitation.createMany({ data: rows })
    // By the folded form, as all mails to an address that is no account's.
    const mails = rows.map(({ id, addressKey }) => ({
      to: { address: addressKey },
      facts: { invitation: id, toMany: rows.length > 1 },
    }))
    await postAll(tx, 'invitation', mails, source)
    await recordAll(
      tx,
      'invitation.made',
      rows.map(({ id }) => ({ ...event(id), detail: { invitation: id, role } })),
    )
  })
  return rows.map(({ address }) => address)
}

/** Cancels what still waits at these addresses, and answers the ids. */
async function cancelEarlier(tx: Tx, emails: Email[]): Promise<string[]> {
  const waiting = { addressKey: { in: emails.map(({ key }) => key) }, ...stillOpen() }
  const rows = await tx.invitation.updateManyAndReturn({
    where: waiting,
    data: { cancelledAt: fromNow(0) },
    select: { id: true },
  })
  return rows.map(({ id }) => id)
}
