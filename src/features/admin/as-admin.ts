import type { Entry, Source } from '../../accounts/audit.ts'
import { prepareLine } from '../../accounts/line.ts'
import { requireAdmin } from '../../accounts/require-admin.ts'
import type { Db, Tx } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { serializable } from '../../db/transaction.ts'
import { InvalidInput, Refusal } from '../../errors.ts'

/** What an administrator asks for: done to whom, and why. */
export type Ask = { actor: User; userId: string; reason: string; source: Source }

function readReason(typed: string): { reason?: string } {
  const reason = prepareLine(typed, 200)
  if (!reason.ok) throw new InvalidInput({ reason: reason.problem })
  return reason.value ? { reason: reason.value } : {}
}

/**
 * Does something to another person's account in one transaction; `work` is given what the audit trail is to
 * tell of it. Throws InvalidInput, or Refusal 403.
 */
export async function asAdmin<Result>(
  db: Db,
  { actor, userId, reason, source }: Ask,
  work: (tx: Tx, entry: Entry & { subjectId: string }) => Promise<Result>,
): Promise<Result> {
  const detail = readReason(reason)
  if (userId === actor.id) throw new Refusal(403, 'You can’t do that to your own account.')
  return serializable(db, async (tx) => {
    await requireAdmin(tx, actor)
    return work(tx, { actor: actor.id, subjectId: userId, source, detail })
  })
}
