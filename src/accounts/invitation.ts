import type { Db, Tx } from '../db/client.ts'
import type { Invitation } from '../db/generated/sqlite/client.ts'
import { Refusal } from '../errors.ts'
import { fromNow, now } from '../time.ts'

/** Which invitations still let somebody in. */
export const stillOpen = () => ({ cancelledAt: null, usesLeft: { gt: 0 }, expiresAt: { gt: fromNow(0) } })

/** The same of one that was read. */
export const isStillOpen = ({ cancelledAt, usesLeft, expiresAt }: Invitation): boolean =>
  !cancelledAt && usesLeft > 0 && expiresAt.getTime() > now()

/** The invitation, if it still lets somebody in. Looking does not use it up. */
export const findInvitation = (db: Db, id: string): Promise<Invitation | null> =>
  db.invitation.findUnique({ where: { id, ...stillOpen() } })

/** Used up, cancelled or too old: one answer to all (ASVS 5.0 6.5.1). */
export const invitationExpired = () =>
  new Refusal(
    410,
    'It has been used or cancelled, or it is too old. Ask whoever invited you for a new one.',
    {
      title: 'This link has expired',
      wayOn: { href: '/login', text: 'Sign in' },
    },
  )

/**
 * Whether it may still give its role: one beyond a member's only as long as whoever made it could give that
 * (ASVS 5.0 8.3.2). Or an administrator who is shut out would come back by an invitation of their own.
 */
export const mayGive = async (db: Db | Tx, { role, createdBy: id }: Pick<Invitation, 'role' | 'createdBy'>) =>
  role === 'member' || (await db.user.count({ where: { id, role: 'admin', status: 'active' } })) > 0

/**
 * Takes one use of an invitation. One conditional update decides, so of any number of sign-ups at once as many
 * pass as there are uses (ASVS 5.0 15.4.2). Belongs in the transaction of the sign-up. Throws Refusal 410.
 */
export async function useInvitation(tx: Tx, id: string): Promise<void> {
  const [used] = await tx.invitation.updateManyAndReturn({
    where: { id, ...stillOpen() },
    data: { usesLeft: { decrement: 1 } },
    select: { role: true, createdBy: true },
  })
  if (!used || !(await mayGive(tx, used))) throw invitationExpired()
}

/** Who made an invitation, as people know that one; undefined once they are gone. */
export async function inviterOf(
  db: Db,
  { createdBy }: Pick<Invitation, 'createdBy'>,
): Promise<string | undefined> {
  const user = await db.user.findUnique({
    where: { id: createdBy },
    select: { username: true, name: true },
  })
  return user?.name ?? user?.username
}
