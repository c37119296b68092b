import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Db, Tx } from '../../db/client.ts'
import type { AuditEvent } from '../../db/generated/sqlite/client.ts'
import { cutAddress } from '../network.ts'
import { seal, unseal } from '../seal.ts'
import type { SecretKeys } from '../secret-key.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Where the chain ends; before its first row, `seq` is 0. */
export type Head = { seq: bigint; link: Bytes }

/** Where it begins: the last row that was removed, and what proves that the service did. */
export type Start = Head & { proof: Bytes }

type TrailKey = { since: bigint; key: Buffer }

/** What is personal in a row: erasure takes it. */
type Personal = Pick<AuditEvent, 'actor' | 'subjectId' | 'ip' | 'userAgent' | 'requestId' | 'detail'>

/** Objects with their names in order: PostgreSQL keeps them in one of its own. */
const inOrder = (_name: string, value: unknown) =>
  value && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value

const hashed = (salt: Uint8Array, value: unknown): Bytes =>
  new Uint8Array(createHash('sha256').update(salt).update(JSON.stringify(value, inOrder)).digest())

const HALF = 16

/** One half is for the address alone; where that is cut, its hash stands in the place of that half. */
export const newSalt = (): Bytes => new Uint8Array(randomBytes(2 * HALF))

/** Whether the address of the row with this salt was cut. */
export const isCut = (salt: Uint8Array) => salt.length === HALF + 32

/**
 * The salted hash of what is personal in a row: without the salt it tells nothing, however few there are to guess. It
 * covers the network of its address, and of the address a hash with a salt of its own, so both can be checked before
 * the address is cut, and all else after.
 */
export function digestOf(salt: Uint8Array, row: Personal): Bytes {
  const { actor, subjectId, ip, userAgent, requestId, detail } = row
  // As rows were sealed before addresses were cut.
  if (salt.length === HALF) return hashed(salt, [actor, subjectId, ip, userAgent, requestId, detail])
  const ofAddress = salt.subarray(HALF)
  const [network, address] = isCut(salt) ? [ip, ofAddress] : [ip && cutAddress(ip), hashed(ofAddress, ip)]
  const personal = [actor, subjectId, network, userAgent, requestId, detail, inHex(address)]
  return hashed(salt.subarray(0, HALF), personal)
}

/** The address and salt of a row that fit its digest without telling more than the network. */
export const withoutAddress = (salt: Uint8Array, ip: string | null) => ({
  ip: ip && cutAddress(ip),
  salt: new Uint8Array([...salt.subarray(0, HALF), ...hashed(salt.subarray(HALF), ip)]),
})

export const inHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const mac = (key: Buffer, parts: (string | bigint)[]): Bytes =>
  new Uint8Array(
    createHmac('sha256', key)
      .update(JSON.stringify(parts.map(String)))
      .digest(),
  )

type Chained = Pick<AuditEvent, 'id' | 'at' | 'event' | 'via'> & { seq: bigint; digest: Uint8Array }

/** The link of a row: it covers the one before, and of this row all that stays. */
export const linkOf = (key: Buffer, previous: Uint8Array, row: Chained): Bytes =>
  mac(key, [
    'row',
    inHex(previous),
    row.seq,
    row.id,
    row.at.toISOString(),
    row.event,
    row.via,
    inHex(row.digest),
  ])

/** What AuditHead holds where the row of this place and link is the last. */
export const headLinkOf = (key: Buffer, { seq, link }: Head): Bytes => mac(key, ['head', seq, inHex(link)])

/** What proves that the service itself has removed all rows up to this one. */
export const proofOf = (key: Buffer, { seq, link }: Head): Bytes => mac(key, ['start', seq, inHex(link)])

const contextOf = (since: bigint) => `audit-key:${since}`

/** A new key of the chain, for the rows from `since` on: itself, and as it is stored. */
export function newTrailKey(secretKeys: SecretKeys, since: bigint) {
  const key = randomBytes(32)
  return { key, row: { since, sealed: sealTrailKey(secretKeys, since, key) } }
}

/** A key of the chain as it is stored: for its place alone. */
export const sealTrailKey = (secretKeys: SecretKeys, since: bigint, key: Uint8Array) =>
  seal(secretKeys, key, contextOf(since))

/** The keys of the chain in order, as far as the secrets open them. `key` is undefined where none does. */
export async function openTrailKeys(db: Db | Tx, secretKeys: SecretKeys) {
  const rows = await db.auditKey.findMany({ orderBy: { since: 'asc' } })
  return rows.map(({ since, sealed }) => ({
    since,
    sealed,
    key: unseal(secretKeys, sealed, contextOf(since)),
  }))
}

/** The key that the chain goes on with, or undefined where none was made yet. Throws if no secret opens it. */
export async function lastTrailKey(db: Db | Tx, secretKeys: SecretKeys): Promise<TrailKey | undefined> {
  const last = (await openTrailKeys(db, secretKeys)).at(-1)
  if (!last) return undefined
  const { since, key } = last
  if (!key) throw new Error('The key of the audit trail was sealed with another SECRET_KEY')
  return { since, key }
}

/** Whether the chain can't go on, as it was sealed with another secret than any of these. */
export async function isKeyLost(db: Db, secretKeys: SecretKeys): Promise<boolean> {
  const last = (await openTrailKeys(db, secretKeys)).at(-1)
  return last !== undefined && last.key === undefined
}

/** The head as it is stored, whatever it says. */
export const readHead = (db: Db | Tx): Promise<Head | null> =>
  db.auditHead.findUnique({ where: { id: 1 }, select: { seq: true, link: true } })

/** The beginning as it is stored. */
export const readStart = (db: Db | Tx): Promise<Start | null> =>
  db.auditStart.findUnique({ where: { id: 1 }, select: { seq: true, link: true, proof: true } })

/** Whether that is how the service left it: whoever moved it to hide what was before has no proof. */
export const isProvenStart = (start: Start, key: Buffer | undefined) =>
  start.seq === 0n || (key !== undefined && inHex(proofOf(key, start)) === inHex(start.proof))

/**
 * The link of the last row, if head, row and key belong together; undefined if somebody has cut the chain off or
 * moved its head. Of an empty chain, no bytes.
 */
export async function lastLink(db: Db | Tx, head: Head, key: Buffer | undefined): Promise<Bytes | undefined> {
  if (!key) return head.seq === 0n ? new Uint8Array() : undefined
  const last = await db.auditEvent.findUnique({ where: { seq: head.seq }, select: { link: true } })
  if (!last?.link) return undefined
  return inHex(headLinkOf(key, { seq: head.seq, link: last.link })) === inHex(head.link)
    ? last.link
    : undefined
}
