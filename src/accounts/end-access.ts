import type { Tx } from '../db/client.ts'

/**
 * Ends all that lets somebody into an account: every session, devices let off the second step, sign-ins half
 * done, links in the mail (ASVS 5.0 6.5.5, 7.4.2, 7.4.3). The link that undoes a change of address stays: it
 * is for an owner whom somebody else shut out. Belongs after the write of the account, in its transaction.
 */
export async function endAccess(tx: Tx, userId: string): Promise<void> {
  // Sessions before devices, as in all that ends both: the other way round two could wait for each other.
  await tx.session.deleteMany({ where: { userId } })
  await tx.device.updateMany({ where: { userId }, data: { trustedUntil: null } })
  await tx.token.deleteMany({ where: { userId, purpose: { not: 'undo-email-change' } } })
}
