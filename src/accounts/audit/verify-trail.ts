import type { Db } from '../../db/client.ts'
import { isUnavailable } from '../../db/errors.ts'
import type { AuditEvent } from '../../db/generated/sqlite/client.ts'
import { PERIODS } from '../../environment.ts'
import { days, fromNow } from '../../time.ts'
import type { SecretKeys } from '../secret-key.ts'
import type { AuditEventName } from './audit.ts'
import {
  digestOf,
  type Head,
  headLinkOf,
  inHex,
  isCut,
  isProvenStart,
  linkOf,
  openTrailKeys,
  readHead,
  readStart,
  type Start,
} from './trail.ts'

const BATCH = 1000
/** No address is cut sooner, whatever is set. */
const KEEP_ADDRESSES = days(PERIODS.KEEP_ADDRESSES_DAYS[0])

/** Where the chain breaks, and how. */
type Break = { seq: bigint; id?: string; problem: string }

/** How far the walk has come: its last row, how many there were, and the place of the last that was removed before. */
type Walked = { begin: bigint; head: Head; rows: number; pseudonymised: number }

type Keys = Awaited<ReturnType<typeof openTrailKeys>>

type Options = {
  /** A row's place in the chain and its link, as somebody has noted them elsewhere. */
  expected?: Head | undefined
  onProgress?: (walked: Walked) => void
}

/** Null where the database holds what can't stand there, such as a word in the place of a number, as SQLite lets it. */
const ifReadable = <T>(read: Promise<T>): Promise<T | null> =>
  read.catch((error) => {
    if (isUnavailable(error)) throw error
    return null
  })

/** The next rows of the chain, fewer before one that can't be read; null if that is the next. */
async function nextRows(db: Db, walked: Walked, take = BATCH): Promise<AuditEvent[] | null> {
  const read = db.auditEvent.findMany({
    where: { seq: walked.rows ? { gt: walked.head.seq } : { not: null } },
    orderBy: [{ seq: 'asc' }, { id: 'asc' }],
    take,
  })
  return (await ifReadable(read)) ?? (take > 1 ? nextRows(db, walked, take >> 1) : null)
}

/**
 * Walks the chain over the audit trail to its end, and stops where it breaks: at a row that was changed, deleted,
 * put in or moved, or where the end or the beginning was cut off (ASVS 5.0 16.4.2). Memory stays flat. What is
 * sealed meanwhile is walked too; `unsealed` rows are not part of the chain yet.
 */
export async function verifyTrail(
  db: Db,
  secretKeys: SecretKeys,
  options: Options = {},
): Promise<Walked & { unsealed: number; broken: Break | undefined }> {
  const { expected, onProgress } = options
  const start = await ifReadable(readStart(db))
  const begin = start?.seq ?? 0n
  const walked: Walked = {
    begin,
    head: { seq: begin, link: start?.link ?? new Uint8Array() },
    rows: 0,
    pseudonymised: 0,
  }
  const openKeys = async () => (await ifReadable(openTrailKeys(db, secretKeys))) ?? []
  let broken = problemAtStart(start, await openKeys(), expected)
  for (let endSeen = ''; !broken; ) {
    const rows = await nextRows(db, walked)
    if (!rows) {
      broken = { seq: walked.head.seq + 1n, problem: 'the row there can’t be read: it was changed' }
      break
    }
    const keys = await openKeys()
    broken = await walk(db, rows, walked, keys, expected)
    if (rows.length || broken) {
      onProgress?.(walked)
      continue
    }
    const head = await ifReadable(readHead(db))
    // What doesn't fit may have been sealed, or given a new key, in between: then it does when looked at again.
    const end = `${head?.seq} ${head && inHex(head.link)}`
    const problem = problemAtEnd(head, walked, keys)
    if (!problem) break
    if (end === endSeen) broken = problem
    endSeen = end
  }
  broken ??= await repeated(db, walked)
  // Rows were removed meanwhile.
  if (broken && (await ifReadable(readStart(db)))?.seq !== start?.seq)
    return verifyTrail(db, secretKeys, options)
  if (!broken && expected && expected.seq > walked.head.seq)
    broken = { seq: walked.head.seq + 1n, problem: 'the chain ends before the place that was noted' }
  const unsealed = await db.auditEvent.count({ where: { seq: null } })
  return { ...walked, unsealed, broken }
}

async function walk(db: Db, rows: AuditEvent[], walked: Walked, keys: Keys, expected: Head | undefined) {
  const pseudonyms = new Map<string, AuditEvent>()
  for (const row of rows) {
    const problem = problemOf(row, walked.head, keys)
    if (problem) return problem
    const { seq, link } = row as AuditEvent & Head
    if (seq === expected?.seq && inHex(link) !== inHex(expected.link))
      return {
        seq,
        id: row.id,
        problem: 'its link is not the one that was noted: the chain was written anew',
      }
    walked.head = { seq, link }
    walked.rows++
    if (row.salt) continue
    walked.pseudonymised++
    for (const name of pseudonymsIn(row)) pseudonyms.set(name, row)
  }
  return neverErased(db, pseudonyms)
}

const isBare = (row: AuditEvent) =>
  [row.ip, row.userAgent, row.requestId, row.detail].every((value) => value === null) &&
  pseudonymsIn(row).length > 0

const pseudonymsIn = ({ actor, subjectId }: AuditEvent) =>
  [actor, subjectId ?? ''].filter((name) => name.startsWith('erased:'))

/** What is wrong with a row, as it follows on another; undefined if nothing is. */
export function problemOf(row: AuditEvent, previous: Head, keys: Keys): Break | undefined {
  const { id, seq, salt, digest, link } = row
  const expectedSeq = previous.seq + 1n
  if (seq === null || seq < expectedSeq)
    return { seq: seq ?? expectedSeq, id, problem: 'its place in the chain is another row’s' }
  if (seq > expectedSeq) return { seq: expectedSeq, problem: `a row is missing, before ${id}` }
  const key = keys.findLast(({ since }) => since <= seq)?.key
  if (!key) return { seq, id, problem: 'it was sealed with a key that no SECRET_KEY opens' }
  const hasAll = digest && link && !Number.isNaN(row.at.getTime())
  if (!hasAll || inHex(linkOf(key, previous.link, { ...row, seq, digest })) !== inHex(link))
    return { seq, id, problem: 'the row was changed, put in or moved' }
  if (salt) {
    if (inHex(digestOf(salt, row)) !== inHex(digest))
      return { seq, id, problem: 'the row was changed: who, or from where' }
    if (isCut(salt) && row.at > fromNow(-KEEP_ADDRESSES))
      return { seq, id, problem: 'its address was cut before its time' }
  } else if (!isBare(row)) return { seq, id, problem: 'its salt is gone, but nobody in it was erased' }
  return undefined
}

/** What tells on record that somebody became a pseudonym. */
const ERASURES = ['user.erased', 'request.rejected'] satisfies AuditEventName[]

/**
 * Whoever is a pseudonym was erased, which is on record, and not before what was sealed of them: a row can't be
 * made one to hide who is in it, nor lent that of somebody who was gone by then.
 */
async function neverErased(db: Db, pseudonyms: Map<string, AuditEvent>): Promise<Break | undefined> {
  if (!pseudonyms.size) return undefined
  const where = { event: { in: ERASURES }, subjectId: { in: [...pseudonyms.keys()] } }
  const erased = await ifReadable(db.auditEvent.findMany({ where, select: { subjectId: true, seq: true } }))
  for (const { subjectId, seq } of erased ?? []) {
    const latest = pseudonyms.get(subjectId ?? '')?.seq
    if (seq === null || (latest && latest <= seq)) pseudonyms.delete(subjectId ?? '')
  }
  const [row] = pseudonyms.values()
  const problem = 'somebody in it is a pseudonym, but was never erased, or before it'
  return row && { seq: row.seq ?? 0n, id: row.id, problem }
}

function problemAtStart(start: Start | null, keys: Keys, expected: Head | undefined): Break | undefined {
  if (!start) return { seq: 0n, problem: 'the note of its beginning is gone, or can’t be read' }
  const { seq } = start
  if (!isProvenStart(start, keys.at(-1)?.key))
    return { seq, problem: 'the note of its beginning was changed' }
  return expected && expected.seq <= seq
    ? { seq, problem: 'the place that was noted was removed when its time was over' }
    : undefined
}

function problemAtEnd(head: Head | null, { head: last }: Walked, keys: Keys): Break | undefined {
  if (!head) return { seq: last.seq, problem: 'the note of its end is gone, or can’t be read' }
  if (head.seq > last.seq)
    return { seq: last.seq + 1n, problem: `the end was cut off: it went on to ${head.seq}` }
  const key = keys.at(-1)?.key
  const fits = key ? inHex(headLinkOf(key, last)) === inHex(head.link) : last.seq === 0n && !keys.length
  return head.seq === last.seq && fits
    ? undefined
    : { seq: head.seq, problem: 'the note of its end was changed' }
}

/** Rows that share a place with another, where a batch ended between them. */
async function repeated(db: Db, { head, rows }: Walked): Promise<Break | undefined> {
  const there = await db.auditEvent.count({ where: { seq: { lte: head.seq } } })
  return there === rows ? undefined : { seq: head.seq, problem: 'rows share a place in the chain' }
}
