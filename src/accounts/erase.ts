import { randomUUID } from 'node:crypto'
import type { Db, Tx } from '../db/client.ts'
import { Prisma, type User } from '../db/generated/sqlite/client.ts'
import { containing } from '../db/like.ts'
import { serializable } from '../db/transaction.ts'
import { post } from '../mail/outbox.ts'
import { fromNow, minutes } from '../time.ts'
import { localSource, record } from './audit/audit.ts'
import { emailKey, mailboxOf } from './email.ts'
import { hold } from './held-name.ts'
import type { PeopleFilter } from './people/people-filter.ts'
import { searchTerm } from './people/people-search.ts'
import { hashToken } from './token.ts'

const BATCH = 50
/** Failed sign-ins of years may be very many rows: so many that no statement takes too long. */
const AT_ONCE = 20_000
const ERASE_WITHIN = minutes(1)

const due = () => ({ status: 'closing' as const, closesAt: { lte: fromNow(0) } })

/**
 * Erases the accounts whose time is up (GDPR art. 17; ASVS 5.0 14.2.7). Each in a transaction of its own, so
 * that whoever is stopped amid it, or kept at that moment, is there whole or gone whole. Nobody gets their names
 * for so many ms.
 */
export async function eraseClosed(db: Db, holdNames: number): Promise<void> {
  for (;;) {
    const closed = await db.user.findMany({ where: due(), orderBy: { closesAt: 'asc' }, take: BATCH })
    for (const user of closed) await erase(db, user, holdNames)
    if (closed.length < BATCH) return
  }
}

async function erase(db: Db, user: User, holdNames: number): Promise<void> {
  // Before, as all budgets are looked through: one that is taken back at this moment has its tries anew.
  await removeBudgets(db, user)
  const work = async (tx: Tx) => {
    // Sessions, devices, factors, links and mails go with it.
    const { count } = await tx.user.deleteMany({ where: { id: user.id, ...due() } })
    if (count === 0) return
    await hold(tx, user.usernameSkeleton, null, fromNow(holdNames))
    const subjectId = await forgetPerson(tx, user)
    const source = localSource('service')
    await record(tx, 'user.erased', { actor: 'foyer', subjectId, source })
    if (user.email && user.provenEmailKey) await post(tx, 'account-deleted', { address: user.email }, source)
  }
  await serializable(db, work, { timeout: ERASE_WITHIN })
}

/**
 * Takes what is left of an account whose row is gone: invitations and mails to its addresses, and its name in
 * the audit trail. Answers the pseudonym that stands there instead.
 */
export async function forgetPerson(tx: Tx, user: User): Promise<string> {
  // Those that went to the address and not to the account: they bear its folded form.
  const keys = [
    user.emailKey,
    user.newEmail && emailKey(user.newEmail),
    ...(await removeInvitations(tx, user)),
  ]
  const addresses = keys.filter((key) => key !== null)
  await forgetSearches(tx, user)
  await tx.mail.deleteMany({ where: { userId: null, address: { in: addresses } } })
  return makeNameless(tx, user)
}

/**
 * Jobs keep whom they search for in words: not those that a person could be told by. One that goes on can't do without
 * its words: if they name this person in whole, it is over with them.
 */
async function forgetSearches(tx: Tx, { id: userId, username, emailKey, nameKey }: User): Promise<void> {
  const names = [userId, username, emailKey, nameKey].filter((name) => name !== null)
  for (const { id, filter, state } of await tx.job.findMany({ orderBy: { id: 'asc' } })) {
    const asked = filter as PeopleFilter
    const term = searchTerm(asked.q)
    const goesOn = state === 'running' || state === 'paused'
    if (!term || !names.some((name) => name.includes(term))) continue
    if (goesOn && !names.some((name) => term.includes(name))) continue
    const ended = goesOn && { state: 'cancelled' as const, finishedAt: fromNow(0), dueAt: fromNow(0) }
    const data = { filter: { ...asked, q: '*' }, ...ended }
    await tx.job.update({ where: { id }, data, select: { id: true } })
    const detail = { job: id, reason: 'Whom it searched for is erased' }
    if (goesOn) await record(tx, 'job.cancelled', { actor: 'foyer', source: localSource('service'), detail })
  }
}

/**
 * Keeps what the audit trail tells of a person, but not of whom: they become one pseudonym, which is random
 * and known nowhere else. Answers it.
 */
async function makeNameless(tx: Tx, { id }: User): Promise<string> {
  const somebody = `erased:${randomUUID()}`
  const bare = { salt: null, ip: null, userAgent: null, requestId: null, detail: Prisma.DbNull }
  const rename = async (rows: Prisma.AuditEventUpdateManyArgs) => {
    while ((await tx.auditEvent.updateMany({ ...rows, limit: AT_ONCE })).count === AT_ONCE);
  }
  await rename({ where: { subjectId: id }, data: { subjectId: somebody, ...bare } })
  await rename({ where: { actor: id }, data: { actor: somebody, ...bare } })
  await tx.invitation.updateMany({ where: { createdBy: id }, data: { createdBy: somebody } })
  await tx.job.updateMany({ where: { actorId: id }, data: { actorId: somebody, source: {}, reason: '' } })
  return somebody
}

/** Invitations that were mailed to a person, whom the row tells of; answers the addresses. */
async function removeInvitations(tx: Tx, { invitationId, provenEmailKey }: User) {
  const theirs = { OR: [{ id: invitationId ?? '' }, { addressKey: provenEmailKey ?? '' }] }
  const mailed = await tx.invitation.findMany({ where: { ...theirs, addressKey: { not: null } } })
  await tx.invitation.deleteMany({ where: { id: { in: mailed.map(({ id }) => id) } } })
  return mailed.map(({ addressKey }) => addressKey)
}

/** The tries that were counted for a person: by id, device, name, address and mailbox. */
export async function removeBudgets(db: Db, { id, username, emailKey: key }: User): Promise<void> {
  const devices = await db.device.findMany({ where: { userId: id }, select: { id: true } })
  const logins = [username, key].filter((login) => login !== null)
  const hashes = logins.map((login) => Buffer.from(hashToken(login)).toString('hex'))
  const addresses = key ? [key, mailboxOf(key)] : []
  for (const part of [id, ...devices.map((device) => device.id), ...hashes, ...addresses]) {
    await db.$executeRaw`DELETE FROM "Throttle" WHERE "key" LIKE ${containing(part)} ESCAPE '\\'`
  }
}
