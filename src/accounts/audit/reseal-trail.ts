import type { Db, Tx } from '../../db/client.ts'
import { serializable } from '../../db/transaction.ts'
import { Refusal } from '../../errors.ts'
import { isOutdated } from '../seal.ts'
import type { SecretKeys } from '../secret-key.ts'
import {
  headLinkOf,
  isProvenStart,
  lastLink,
  newTrailKey,
  openTrailKeys,
  proofOf,
  readHead,
  readStart,
  sealTrailKey,
} from './trail.ts'

type Keys = Awaited<ReturnType<typeof openTrailKeys>>

/**
 * Seals the keys of the audit trail with the current secret, and lets the chain go on with a new key if the last was
 * sealed with another: whoever got hold of that secret can't mend what comes after. With a last key that nothing opens
 * it goes on only if that `isLost`, not mistyped. Answers how many keys were sealed anew, whether the chain goes on with
 * a new one, and the places from which on nothing opens them. Throws Refusal 409 if the end isn't as it was left.
 */
export function resealTrail(
  { db, secretKeys }: { db: Db; secretKeys: SecretKeys },
  { isLost = false }: { isLost?: boolean | undefined } = {},
) {
  return serializable(db, async (tx) => {
    const keys = await openTrailKeys(tx, secretKeys)
    const outdated = keys.filter(({ sealed }) => isOutdated(secretKeys, sealed))
    for (const { since, key } of outdated)
      if (key) {
        const sealed = sealTrailKey(secretKeys, since, key)
        await tx.auditKey.update({ where: { since }, data: { sealed } })
      }
    const last = outdated.find((key) => key === keys.at(-1))
    const isNew = last !== undefined && (last.key !== undefined || isLost)
    if (isNew) await goOnWithNewKey(tx, secretKeys, keys)
    const lost = outdated.filter(({ key }) => !key).map(({ since }) => since)
    return { resealed: outdated.length - lost.length, isNew, lost }
  })
}

async function goOnWithNewKey(tx: Tx, secretKeys: SecretKeys, keys: Keys) {
  const head = await readHead(tx)
  const last = head && (await tx.auditEvent.findUnique({ where: { seq: head.seq }, select: { link: true } }))
  const key = keys.at(-1)?.key
  // One that nothing opens can't tell: that the rows it sealed are not to be verified is said for good.
  const link = head && (key ? await lastLink(tx, head, key) : last?.link)
  const start = await readStart(tx)
  if (!head || !link)
    throw new Refusal(409, 'The audit trail doesn’t end as it was left. See foyer audit verify.')
  if (!start || (key && !isProvenStart(start, key)))
    throw new Refusal(409, 'The audit trail doesn’t begin as it was left. See foyer audit verify.')
  const { key: next, row } = newTrailKey(secretKeys, head.seq + 1n)
  await tx.auditKey.upsert({ where: { since: row.since }, create: row, update: { sealed: row.sealed } })
  // Also where nothing has gone yet: the first rows may be about to, with a proof by the former key.
  await tx.auditStart.update({ where: { id: 1 }, data: { proof: proofOf(next, start) } })
  await tx.auditHead.update({
    where: { id: 1, ...head },
    data: { link: headLinkOf(next, { seq: head.seq, link }) },
  })
}
