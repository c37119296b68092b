import type { Deed } from '../../accounts/acts/as-admin.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import type { Services } from '../../accounts/services.ts'
import type { Invitation } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { post } from '../../mail/outbox.ts'
import { days, fromNow } from '../../time.ts'
import { requireSignUp } from './terms.ts'

/** How long a link works at least once it is sent again, in ms. */
const AGAIN_FOR = days(7)

/**
 * Mails an invitation anew, also one that has expired or bounced; its link works for at least 7 days from now.
 * Throws Refusal 403, or 409 if it was used or cancelled, or was never mailed.
 */
export async function sendAgain(
  { config, db }: Pick<Services, 'config' | 'db'>,
  { actor, source }: Deed,
  { id, expiresAt }: Pick<Invitation, 'id' | 'expiresAt'>,
): Promise<string> {
  requireSignUp(config)
  return db.$transaction(async (tx) => {
    await requireRole(tx, actor, ['admin'])
    const later = new Date(Math.max(expiresAt.getTime(), fromNow(AGAIN_FOR).getTime()))
    const [row] = await tx.invitation.updateManyAndReturn({
      where: { id, cancelledAt: null, usesLeft: { gt: 0 }, addressKey: { not: null } },
      // Whoever sends it is who invites now, and answers for its role.
      data: { expiresAt: later, createdBy: actor.id },
      select: { address: true, addressKey: true },
    })
    if (!row?.address || !row.addressKey)
      throw new Refusal(
        409,
        'That invitation was used or cancelled, or is for no address, so nothing was sent.',
      )
    // One that hasn't left yet would be the same mail twice.
    await tx.mail.deleteMany({ where: { kind: 'invitation', address: row.addressKey, state: 'waiting' } })
    await post(tx, 'invitation', { address: row.addressKey }, source, { invitation: id })
    await record(tx, 'invitation.sent-again', { actor: actor.id, source, detail: { invitation: id } })
    return row.address
  })
}
