import type { Db, Tx } from '../db/client.ts'
import { Prisma, type User } from '../db/generated/sqlite/client.ts'
import { mailboxOf } from './email.ts'
import { hashToken } from './token.ts'

/** What stands where somebody was named who is gone. */
const GAP = '…'

/** What tells of a person outside of their own rows, and by which words. */
type Traces = {
  named: RegExp
  addresses: string[]
  throttles: string[]
  events: string[]
  mails: string[]
}

/** The rows of the audit trail that say more than what happened. All of it is read: once for many people. */
export const findRemarks = (db: Db) =>
  db.auditEvent.findMany({
    where: { detail: { not: Prisma.DbNull } },
    select: { id: true, detail: true },
  })

export type Remark = Awaited<ReturnType<typeof findRemarks>>[number]

/** Finds where else a person is named: in what others did or were mailed, and in what is counted of them. */
export async function findTraces(db: Db, user: User, remarks: Remark[]): Promise<Traces> {
  const { id, username, name, email, emailKey, newEmail } = user
  const named = naming([id, username, name, email, newEmail])
  return {
    named,
    addresses: known([emailKey, newEmail?.toLowerCase()]),
    throttles: await findThrottles(db, user),
    events: remarks.filter(({ detail }) => without(named, detail)).map((remark) => remark.id),
    mails: await findMails(db, user),
  }
}

/** Takes the person out of them. Mails that went to their address without an account go whole. */
export async function removeTraces(tx: Tx, { named, addresses, throttles, events, mails }: Traces) {
  for (const address of addresses)
    await tx.$executeRaw`DELETE FROM "Mail" WHERE "userId" IS NULL AND LOWER("address") = ${address}`
  await tx.throttle.deleteMany({ where: { key: { in: throttles } } })
  // Read anew: somebody else may have been taken out of them since.
  for (const { id, detail } of await tx.auditEvent.findMany({ where: { id: { in: events } } })) {
    const data = without(named, detail)
    if (data) await tx.auditEvent.update({ where: { id }, data: { detail: data }, select: { id: true } })
  }
  for (const { id, facts } of await tx.mail.findMany({ where: { id: { in: mails } } })) {
    const data = without(named, facts)
    if (data) await tx.mail.update({ where: { id }, data: { facts: data }, select: { id: true } })
  }
}

const known = (words: (string | null | undefined)[]) => words.filter((word) => word != null)

/** Any of the words that name somebody, as a whole word; what matches nothing, if there are none. */
function naming(words: (string | null)[]): RegExp {
  // The longest first: an address may begin with the name.
  const sorted = known(words).sort((one, other) => other.length - one.length)
  const any = sorted.map((word) => RegExp.escape(word)).join('|') || '(?!)'
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${any})(?![\\p{L}\\p{N}])`, 'giu')
}

/** The budgets that were counted for them: by id, device, name, address and mailbox. */
async function findThrottles(db: Db, { id, username, emailKey }: User): Promise<string[]> {
  const devices = await db.device.findMany({ where: { userId: id }, select: { id: true } })
  const logins = known([username, emailKey]).map((login) => Buffer.from(hashToken(login)).toString('hex'))
  const addresses = emailKey ? [emailKey, mailboxOf(emailKey)] : []
  const parts = [id, ...devices.map((device) => device.id), ...logins, ...addresses]
  const found = await db.throttle.findMany({
    where: { OR: parts.map((part) => ({ key: { contains: part } })) },
    select: { key: true },
  })
  // To the database `%` and `_` stand for anything.
  return found.map(({ key }) => key).filter((key) => parts.some((part) => key.includes(part)))
}

/** Mails to others, which tell them that their address was to become this one. */
async function findMails(db: Db, { id: self, email, newEmail }: User): Promise<string[]> {
  const named = naming([email, newEmail])
  const mails = await db.mail.findMany({
    where: { kind: { in: ['email-changing', 'email-changed'] }, userId: { not: self } },
    select: { id: true, facts: true },
  })
  return mails.filter(({ facts }) => without(named, facts)).map(({ id }) => id)
}

/** The same texts without the person, or undefined if they are not named in them. */
function without(named: RegExp, json: unknown): Prisma.JsonObject | undefined {
  const texts = Object.entries((json ?? {}) as Prisma.JsonObject)
  const changed = texts.map(
    ([key, text]) => [key, typeof text === 'string' ? text.replace(named, GAP) : text] as const,
  )
  return changed.some(([, text], i) => text !== texts[i]?.[1]) ? Object.fromEntries(changed) : undefined
}
