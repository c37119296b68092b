import type { Db, Tx } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { serializable } from '../../db/transaction.ts'
import { InvalidInput, Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'
import { message } from '../../messages.ts'
import { fromNow } from '../../time.ts'
import { localSource, record } from '../audit/audit.ts'
import { endAccess } from '../end-access.ts'
import { type Ask, asAdmin } from './as-admin.ts'
import { requireAnyAdmin } from './require-admin.ts'

/**
 * Suspends a person and ends their sessions, until somebody lifts it or until `ask.until`. At least one active
 * administrator stays, also when two suspend each other at once. With `again`, who is suspended already gets this end
 * in place of theirs, which a change to many people leaves as it is. Throws InvalidInput, or Refusal 403 or 409.
 */
export const suspend = (db: Db, ask: Ask, { again = false } = {}): Promise<void> =>
  asAdmin(db, ask, async (tx, entry) => {
    const { userId, until: suspendedUntil = null } = ask
    if (suspendedUntil && suspendedUntil <= fromNow(0))
      throw new Refusal(409, 'That suspension would be over already, so nothing was changed.')
    const endsOtherwise = {
      status: 'suspended' as const,
      OR: [
        { suspendedUntil: { not: suspendedUntil } },
        ...(suspendedUntil ? [{ suspendedUntil: null }] : []),
      ],
    }
    const { count } = await tx.user.updateMany({
      where: { id: userId, OR: [{ status: 'active' }, ...(again ? [endsOtherwise] : [])] },
      data: { status: 'suspended', suspendedUntil },
    })
    if (count === 0)
      throw new Refusal(
        409,
        again
          ? 'That account isn’t active, or its suspension ends so already. Nothing was changed.'
          : 'That account isn’t active, so nothing was changed.',
      )
    const user = await tx.user.findUniqueOrThrow({ where: { id: userId } })
    if (user.role === 'admin') await requireAnyAdmin(tx)
    await endAccess(tx, userId)
    const then = suspendedUntil?.toISOString()
    const detail = { ...entry.detail, ...(then && { until: then }) }
    await record(tx, 'user.suspended', { ...entry, detail })
    const facts = { toMany: entry.toMany, ...(then && { suspendedUntil: then }) }
    await Promise.all(notify(tx, 'account-suspended', user, entry.source, facts))
  })

/**
 * The same to one person until a day as it was typed, or another day than they were told, if they are suspended.
 * Answers when it ends, if it does.
 */
export async function suspendUntil(db: Db, ask: Ask, typed: string): Promise<Date | null> {
  const until = readUntil(typed)
  await suspend(db, { ...ask, until }, { again: true })
  return until
}

/** The beginning of a day to come (2026-12-24, in UTC), when a suspension ends; empty is none. Throws InvalidInput. */
export function readUntil(typed: string): Date | null {
  const day = typed.trim()
  if (!day) return null
  const date = /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(day) : undefined
  if (!date?.toJSON()?.startsWith(day)) throw new InvalidInput({ until: message('day.form') })
  if (date <= fromNow(0)) throw new InvalidInput({ until: message('day.past') })
  return date
}

/**
 * Lifts a suspension, or keeps an account that an administrator has closed; old sessions stay ended. One that its
 * member has closed is theirs alone to keep. Throws InvalidInput, or Refusal 403 or 409.
 */
export async function restore(db: Db, ask: Ask): Promise<void> {
  await asAdmin(db, ask, async (tx, entry) => {
    const { userId: id } = ask
    const user = await tx.user.findUnique({ where: { id }, include: { signUp: true, signUpRequest: true } })
    const isSuspended = user?.status === 'suspended'
    if (!user || !(isSuspended || (user.status === 'closing' && user.suspendedUntil)))
      throw new Refusal(409, refusals[user?.status === 'closing' ? 'closing' : 'other'])
    // Whoever had not proven their address before still has to.
    const status = user.signUp || user.signUpRequest ? 'pending' : 'active'
    await tx.user.update({ where: { id }, data: { status, suspendedUntil: null, closesAt: null } })
    await endAccess(tx, id)
    await record(tx, isSuspended ? 'user.restored' : 'user.kept', entry)
    await Promise.all(notify(tx, 'account-restored', user, entry.source, { toMany: entry.toMany }))
  })
}

const refusals = {
  closing:
    'They have closed that account themselves, so it is theirs to keep: by signing in. Nothing was changed.',
  other: 'That account isn’t suspended, so nothing was changed.',
}

const BATCH = 100
const over = () => ({ status: 'suspended' as const, suspendedUntil: { lte: fromNow(0) } })

/** Lifts the suspensions whose time is over. */
export async function liftSuspensions(db: Db): Promise<void> {
  for (;;) {
    const suspended = await db.user.findMany({ where: over(), take: BATCH })
    for (const user of suspended) await lift(db, user)
    if (suspended.length < BATCH) return
  }
}

/** The person who signs in, no longer suspended if their time is over: nobody has to wait for the next look. */
export async function liftIfOver(db: Db, user: User): Promise<User> {
  const isOver = user.status === 'suspended' && user.suspendedUntil && user.suspendedUntil <= fromNow(0)
  if (!isOver) return user
  await lift(db, user)
  return (await db.user.findUnique({ where: { id: user.id } })) ?? user
}

const lift = (db: Db, user: User): Promise<void> =>
  serializable(db, async (tx: Tx) => {
    const data = { status: 'active' as const, suspendedUntil: null }
    const { count } = await tx.user.updateMany({ where: { id: user.id, ...over() }, data })
    if (count === 0) return
    const source = localSource('service')
    await record(tx, 'user.restored', { actor: 'foyer', subjectId: user.id, source })
    await Promise.all(notify(tx, 'account-restored', user, source))
  })
