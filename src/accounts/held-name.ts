import { createHash } from 'node:crypto'
import type { Db, Tx } from '../db/client.ts'
import type { User } from '../db/generated/sqlite/client.ts'
import { InvalidInput } from '../errors.ts'
import { message } from '../messages.ts'
import { fromNow } from '../time.ts'

type Bearer = Pick<User, 'id' | 'usernameSkeleton'>

/** What a held name is known by: it, and all that look like it, without telling which it is. */
export const heldNameHash = (skeleton: string) =>
  createHash('sha256').update(`held-name:${skeleton}`).digest('hex')

/** Keeps a name that is given up for its last bearer, or, with no user, for nobody at all. */
export function hold(tx: Tx, skeleton: string, userId: string | null, until: Date) {
  const nameHash = heldNameHash(skeleton)
  const held = { userId, heldUntil: until }
  return tx.heldName.upsert({ where: { nameHash }, create: { nameHash, ...held }, update: held })
}

/**
 * Fails, as a name that is taken does, if the account's name is held for somebody else: the row is copied
 * onto itself. Belongs in the transaction that gives the name, after it: who gives a name up holds it in the
 * same transaction, and the write of the name has waited for that one.
 */
export const refuseHeld = (db: Db | Tx, { id, usernameSkeleton }: Bearer) =>
  db.$executeRaw`
    INSERT INTO "HeldName" ("nameHash", "userId", "heldUntil")
    SELECT "nameHash", "userId", "heldUntil" FROM "HeldName"
    WHERE "nameHash" = ${heldNameHash(usernameSkeleton)} AND "heldUntil" > ${fromNow(0)}
      AND ("userId" IS NULL OR "userId" <> ${id})`

/**
 * Throws InvalidInput if somebody else had the account's name when the transaction began. For a serializable one, which
 * sees the database as it was then: what was given up since, and is held, still has its bearer there.
 */
export async function refuseFormer(tx: Tx, { id, usernameSkeleton }: Bearer): Promise<void> {
  const bearers = await tx.user.count({ where: { usernameSkeleton, id: { not: id } } })
  if (bearers > 0) throw new InvalidInput({ username: message('username.taken') })
}

/** Which of these skeletons are held for anybody. */
export async function heldAmong(db: Db, skeletons: string[]): Promise<Set<string>> {
  const hashes = new Map(skeletons.map((skeleton) => [heldNameHash(skeleton), skeleton]))
  const held = await db.heldName.findMany({
    where: { nameHash: { in: [...hashes.keys()] }, heldUntil: { gt: fromNow(0) } },
    select: { nameHash: true },
  })
  return new Set(held.map(({ nameHash }) => hashes.get(nameHash) ?? ''))
}
