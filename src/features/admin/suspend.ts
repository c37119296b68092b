import { record, type Source } from '../../accounts/audit.ts'
import { prepareLine } from '../../accounts/line.ts'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { serializable } from '../../db/transaction.ts'
import { InvalidInput, Refusal } from '../../errors.ts'

type Change = { actor: User; userId: string; reason: string; source: Source }

function readReason(typed: string): { reason?: string } {
  const reason = prepareLine(typed, 200)
  if (!reason.ok) throw new InvalidInput({ reason: reason.problem })
  return reason.value ? { reason: reason.value } : {}
}

/**
 * Suspends a person and ends their sessions. At least one active administrator stays, also when two
 * suspend each other at once. Throws InvalidInput, or Refusal 403, 404 or 409.
 */
export async function suspend(db: Db, { actor, userId, reason, source }: Change): Promise<void> {
  const detail = readReason(reason)
  if (userId === actor.id) throw new Refusal(403, 'You can’t do that to your own account.')
  await serializable(db, async (tx) => {
    const changed = await tx.user.updateMany({
      where: { id: userId, status: 'active' },
      data: { status: 'suspended' },
    })
    if (changed.count === 0)
      throw new Refusal(409, 'That account isn’t active any more, so nothing was changed.')
    if ((await tx.user.count({ where: { role: 'admin', status: 'active' } })) === 0)
      throw new Refusal(409, 'At least one administrator must stay. Nothing was changed.')
    await tx.session.deleteMany({ where: { userId } })
    await record(tx, 'user.suspended', { actor: actor.id, subjectId: userId, source, detail })
  })
}

/** Lifts a suspension. Throws InvalidInput or Refusal 409. */
export async function restore(db: Db, { actor, userId, reason, source }: Change): Promise<void> {
  const detail = readReason(reason)
  await serializable(db, async (tx) => {
    const changed = await tx.user.updateMany({
      where: { id: userId, status: 'suspended' },
      data: { status: 'active' },
    })
    if (changed.count === 0)
      throw new Refusal(409, 'That account isn’t suspended any more, so nothing was changed.')
    await record(tx, 'user.restored', { actor: actor.id, subjectId: userId, source, detail })
  })
}
