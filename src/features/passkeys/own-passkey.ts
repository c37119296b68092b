import { record, type Source } from '../../accounts/audit/audit.ts'
import type { Db } from '../../db/client.ts'
import type { Passkey, User } from '../../db/generated/sqlite/client.ts'
import { serializable } from '../../db/transaction.ts'
import { Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'
import { readName } from './add-passkey.ts'

const gone = () =>
  new Refusal(404, 'You have no such passkey. It may have been removed.', {
    wayOn: { href: '/account/passkeys', text: 'Your passkeys' },
  })

/** A passkey of the member's own. Throws Refusal 404, for those of others too. */
export async function ownPasskey(db: Db, user: User, id: string): Promise<Passkey> {
  const passkey = await db.passkey.findFirst({ where: { id, userId: user.id } })
  if (!passkey) throw gone()
  return passkey
}

/** Gives a passkey another name. Throws InvalidInput, or Refusal 404. */
export async function renamePasskey(db: Db, user: User, id: string, typed: string, source: Source) {
  const { id: userId } = user
  const name = readName(typed, source)
  await db.$transaction(async (tx) => {
    const { count } = await tx.passkey.updateMany({ where: { id, userId }, data: { name } })
    if (count === 0) throw gone()
    await record(tx, 'passkey.renamed', { actor: userId, subjectId: userId, source, detail: { passkey: id } })
  })
}

/** Takes a passkey from the account, but not the only way in; answers its name. Throws Refusal 404 or 409. */
export async function removePasskey(db: Db, user: User, id: string, source: Source): Promise<string> {
  const { id: userId } = user
  const { name } = await ownPasskey(db, user, id)
  // A password may be removed at the same time: one of the two is told that it is the last way in.
  await serializable(db, async (tx) => {
    const { passwordHash } = await tx.user.findUniqueOrThrow({ where: { id: userId } })
    const { count } = await tx.passkey.deleteMany({ where: { id, userId } })
    if (count === 0) throw gone()
    if (!passwordHash && (await tx.passkey.count({ where: { userId } })) === 0) throw lastWayIn()
    await record(tx, 'passkey.removed', { actor: userId, subjectId: userId, source, detail: { passkey: id } })
    await Promise.all(notify(tx, 'passkey-removed', user, source, { passkey: name }))
  })
  return name
}

const lastWayIn = () =>
  new Refusal(409, 'This is the only way into your account. Set a password or add another passkey first.', {
    wayOn: { href: '/account/password', text: 'Set a password' },
  })
