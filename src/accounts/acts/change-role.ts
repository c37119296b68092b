import type { Db } from '../../db/client.ts'
import type { Role } from '../../db/generated/sqlite/enums.ts'
import { InvalidInput, Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'
import { message } from '../../messages.ts'
import { record } from '../audit/audit.ts'
import { endAccess } from '../end-access.ts'
import { prepareRole } from '../role.ts'
import { accept } from '../text.ts'
import { type Ask, asAdmin } from './as-admin.ts'
import { requireAnyAdmin } from './require-admin.ts'

/**
 * Gives a person another role, and signs them out: no session lives on with what it may no longer do (ASVS 5.0 8.3.2).
 * They are told by mail. At least one active administrator stays, also when two take each other's role at once.
 * Throws InvalidInput, or Refusal 403 or 409.
 */
export async function changeRole(db: Db, ask: Ask, typed: string): Promise<Role> {
  const { role } = accept({ role: prepareRole(typed) })
  await asAdmin(db, ask, async (tx, entry) => {
    const { userId: id } = ask
    const user = await tx.user.findUnique({ where: { id } })
    if (user?.role === role) throw new InvalidInput({ role: message('role.same') })
    // Taken from anybody, given only to whose account works.
    if (!user || (role !== 'member' && user.status !== 'active'))
      throw new Refusal(
        409,
        'That account isn’t active, so it can’t be given that role. Nothing was changed.',
      )
    await tx.user.update({ where: { id }, data: { role }, select: { id: true } })
    if (user.role === 'admin') await requireAnyAdmin(tx)
    await endAccess(tx, id)
    await record(tx, 'user.role-changed', {
      ...entry,
      detail: { ...entry.detail, from: user.role, to: role },
    })
    await Promise.all(notify(tx, 'role-changed', user, entry.source, { role }))
  })
  return role
}
