import type { Tx } from '../../db/client.ts'
import type { Role, User } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'

/** Refuses whoever did something, not whom it was done to: whatever they ask for next would be refused as well. */
export class NotStaffAnyMore extends Refusal {
  constructor(changed = 0) {
    const people = `${changed} ${changed === 1 ? 'person was' : 'people were'} changed before that.`
    super(403, `You may not do that any more. ${changed ? people : 'Nothing was changed.'}`, {
      noted: 'change.refused',
    })
  }
}

/**
 * Makes sure, within the transaction of the act, that an administrator or support still is one: the guard let
 * them in, but somebody may have suspended them since (ASVS 5.0 8.3.2). Throws Refusal 403.
 */
export async function requireRole(tx: Tx, { id }: { id: string }, roles: Role[]): Promise<User> {
  const user = await tx.user.findFirst({ where: { id, role: { in: roles }, status: 'active' } })
  if (!user) throw new NotStaffAnyMore()
  return user
}

/**
 * Makes sure that an active administrator stays who can sign in: not one who is yet to choose a password. Belongs
 * after the act, in a serializable transaction, so that two at once can't take each other away. Throws Refusal 409.
 */
export async function requireAnyAdmin(tx: Tx): Promise<void> {
  const waysIn = [{ passwordHash: { not: '' } }, { passkeys: { some: {} } }]
  if ((await tx.user.count({ where: { role: 'admin', status: 'active', OR: waysIn } })) === 0)
    throw new Refusal(
      409,
      'At least one administrator must stay. Nothing was changed. Make another one first.',
      { noted: 'change.refused' },
    )
}
