import type { Db, Tx } from '../db/client.ts'
import type { User, UserStatus } from '../db/generated/sqlite/client.ts'
import { Refusal } from '../errors.ts'
import { notify } from '../mail/outbox.ts'
import { type Ask, asAdmin } from './as-admin.ts'
import { type Entry, record } from './audit.ts'
import { endAccess } from './end-access.ts'
import { requireAnyAdmin } from './require-admin.ts'

/**
 * Suspends a person and ends their sessions. At least one active administrator stays, also when two
 * suspend each other at once. Throws InvalidInput, or Refusal 403 or 409.
 */
export const suspend = (db: Db, ask: Ask) =>
  setStatus(db, ask, 'active', 'suspended', async (tx, user, entry) => {
    await requireAnyAdmin(tx)
    await record(tx, 'user.suspended', entry)
    await Promise.all(notify(tx, 'account-suspended', user, entry.source))
  })

/** Lifts a suspension; old sessions stay ended. Throws InvalidInput, or Refusal 403 or 409. */
export const restore = (db: Db, ask: Ask) =>
  setStatus(db, ask, 'suspended', 'active', (tx, _user, entry) => record(tx, 'user.restored', entry))

const setStatus = (
  db: Db,
  ask: Ask,
  from: UserStatus,
  to: UserStatus,
  then: (tx: Tx, user: User, entry: Entry) => Promise<unknown>,
): Promise<void> =>
  asAdmin(db, ask, async (tx, entry) => {
    const { userId } = ask
    const { count } = await tx.user.updateMany({ where: { id: userId, status: from }, data: { status: to } })
    if (count === 0) throw new Refusal(409, `That account isn’t ${from} any more, so nothing was changed.`)
    await endAccess(tx, userId)
    const user = await tx.user.findUniqueOrThrow({ where: { id: userId } })
    await then(tx, user, entry)
  })
