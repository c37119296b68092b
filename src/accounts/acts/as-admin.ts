import type { Db, Tx } from '../../db/client.ts'
import type { Role, User } from '../../db/generated/sqlite/client.ts'
import { serializable } from '../../db/transaction.ts'
import { Refusal } from '../../errors.ts'
import type { Entry, Source } from '../audit/audit.ts'
import { prepareLine } from '../line.ts'
import { accept } from '../text.ts'
import { requireRole } from './require-admin.ts'

/** Which administrator does something, and from where. */
export type Deed = { actor: User; source: Source }

/** Whoever does something to another's account: an administrator or support by their id, or an operator by name. */
type Actor = Pick<User, 'id'> | { operator: string }

/**
 * What they ask for: done to whom, and why. A suspension ends at `until`, if it ends by itself; `job` is the one it is
 * part of. `alongside` is written in the same transaction, once it is done: what it throws undoes it.
 */
export type Ask = {
  actor: Actor
  userId: string
  reason: string
  until?: Date | null
  job?: string
  source: Source
  alongside?: (tx: Tx) => Promise<unknown>
}

/** A reason for the audit trail, which may be left out. Throws InvalidInput. */
export function readReason(typed: string): { reason?: string } {
  const { reason } = accept({ reason: prepareLine(typed, 200) })
  return reason ? { reason } : {}
}

/** `toMany` tells that mails of it are among those to many people. */
type Work<Result> = (tx: Tx, entry: Entry & { subjectId: string; toMany: boolean }) => Promise<Result>

/**
 * Does something to another person's account in one transaction; `work` is given what the audit trail is to
 * tell of it. An operator may do all that administrators may. Throws InvalidInput, or Refusal 403.
 */
export const asAdmin = <Result>(db: Db, ask: Ask, work: Work<Result>): Promise<Result> =>
  asStaff(db, ask, work, ['admin'])

/**
 * The same for what support may do too: but not to an administrator or support, or they could make themselves
 * one by it.
 */
export async function asStaff<Result>(
  db: Db,
  { actor, userId, reason, job, source, alongside }: Ask,
  work: Work<Result>,
  roles: Role[] = ['admin', 'support'],
): Promise<Result> {
  const detail = { ...readReason(reason), ...(job && { job }) }
  const by = 'operator' in actor ? `cli:${actor.operator}` : actor.id
  if (userId === by)
    throw new Refusal(403, 'You can’t do that to your own account.', { noted: 'change.refused' })
  return serializable(db, async (tx) => {
    if ('id' in actor) await requireMay(tx, actor, userId, roles)
    const toMany = job !== undefined
    const result = await work(tx, { actor: by, subjectId: userId, source, detail, toMany })
    await alongside?.(tx)
    return result
  })
}

async function requireMay(tx: Tx, actor: Pick<User, 'id'>, userId: string, roles: Role[]) {
  const { role } = await requireRole(tx, actor, roles)
  if (role !== 'admin' && (await tx.user.count({ where: { id: userId, role: { not: 'member' } } })))
    throw new Refusal(403, 'Only an administrator can do that to an administrator or support.', {
      noted: 'change.refused',
    })
}
