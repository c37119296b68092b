import { type Entry, record, type Source } from '../../accounts/audit.ts'
import { prepareLine } from '../../accounts/line.ts'
import { voidTokens } from '../../accounts/token.ts'
import type { Db, Tx } from '../../db/client.ts'
import type { User, UserStatus } from '../../db/generated/sqlite/client.ts'
import { serializable } from '../../db/transaction.ts'
import { InvalidInput, Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'

type Change = { actor: User; userId: string; reason: string; source: Source }

function readReason(typed: string): { reason?: string } {
  const reason = prepareLine(typed, 200)
  if (!reason.ok) throw new InvalidInput({ reason: reason.problem })
  return reason.value ? { reason: reason.value } : {}
}

/**
 * Suspends a person and ends their sessions. At least one active administrator stays, also when two
 * suspend each other at once. Throws InvalidInput, or Refusal 403 or 409.
 */
export const suspend = (db: Db, change: Change) =>
  setStatus(db, change, 'active', 'suspended', async (tx, user, entry) => {
    if ((await tx.user.count({ where: { role: 'admin', status: 'active' } })) === 0)
      throw new Refusal(409, 'At least one administrator must stay. Nothing was changed.')
    await record(tx, 'user.suspended', entry)
    await Promise.all(notify(tx, 'account-suspended', user, change.source))
  })

/** Lifts a suspension; old sessions stay ended. Throws InvalidInput, or Refusal 403 or 409. */
export const restore = (db: Db, change: Change) =>
  setStatus(db, change, 'suspended', 'active', (tx, _user, entry) => record(tx, 'user.restored', entry))

async function setStatus(
  db: Db,
  { actor, userId, reason, source }: Change,
  from: UserStatus,
  to: UserStatus,
  then: (tx: Tx, user: User, entry: Entry) => Promise<unknown>,
): Promise<void> {
  const detail = readReason(reason)
  if (userId === actor.id) throw new Refusal(403, 'You can’t do that to your own account.')
  await serializable(db, async (tx) => {
    // The guard let them in, but somebody may have suspended them since.
    if (!(await tx.user.count({ where: { id: actor.id, role: 'admin', status: 'active' } })))
      throw new Refusal(403, 'You are no administrator any more. Nothing was changed.')
    const { count } = await tx.user.updateMany({ where: { id: userId, status: from }, data: { status: to } })
    if (count === 0) throw new Refusal(409, `That account isn’t ${from} any more, so nothing was changed.`)
    await tx.session.deleteMany({ where: { userId } })
    await voidTokens(tx, userId, ['verify-email', 'reset-password'])
    const user = await tx.user.findUniqueOrThrow({ where: { id: userId } })
    await then(tx, user, { actor: actor.id, subjectId: userId, source, detail })
  })
}
