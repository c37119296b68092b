import type { z } from 'zod'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import * as rows from './rows.ts'

const BATCH = 1000

type Rows = AsyncIterable<readonly object[]>

/** One kind of thing that is kept about a member: `many` of it, or one or none. */
type Section = { title: string; row: z.ZodObject; many: boolean; read: (db: Db, user: User) => Rows }

/** All rows, a batch at a time, however many there are. `read` answers those behind an id, by id. */
async function* inBatches<Row extends { id: string }>(
  read: (behind: { id?: { gt: string } }) => Promise<Row[]>,
) {
  for (let last: Row | undefined; ; ) {
    const batch = await read(last ? { id: { gt: last.id } } : {})
    yield batch
    last = batch.at(-1)
    if (!last || batch.length < BATCH) return
  }
}

async function* atOnce(found: Promise<object | null | readonly object[]>) {
  const answer = await found
  yield Array.isArray(answer) ? answer : [answer].filter((row) => row !== null)
}

const byId = { orderBy: { id: 'asc' }, take: BATCH } as const

/** Everything that is kept about a member, in the order in which they read it. */
export const sections = {
  account: {
    title: 'Account',
    row: rows.Account,
    many: false,
    read: (db, { id }) => atOnce(db.user.findUnique({ where: { id }, select: rows.columnsOf(rows.Account) })),
  },
  sessions: {
    title: 'Where you are signed in',
    row: rows.Session,
    many: true,
    read: (db, { id: userId }) =>
      inBatches((behind) =>
        db.session.findMany({ where: { userId, ...behind }, select: rows.columnsOf(rows.Session), ...byId }),
      ),
  },
  devices: {
    title: 'Browsers you have signed in with',
    row: rows.Device,
    many: true,
    read: (db, { id: userId }) =>
      inBatches((behind) =>
        db.device.findMany({ where: { userId, ...behind }, select: rows.columnsOf(rows.Device), ...byId }),
      ),
  },
  authenticator: {
    title: 'Authenticator app',
    row: rows.Authenticator,
    many: false,
    read: (db, { id: userId }) =>
      atOnce(db.authenticator.findUnique({ where: { userId }, select: rows.columnsOf(rows.Authenticator) })),
  },
  recoveryCodes: {
    title: 'Recovery codes',
    row: rows.RecoveryCode,
    many: true,
    read: (db, { id: userId }) =>
      atOnce(db.recoveryCode.findMany({ where: { userId }, select: rows.columnsOf(rows.RecoveryCode) })),
  },
  passkeys: {
    title: 'Passkeys',
    row: rows.Passkey,
    many: true,
    read: (db, { id: userId }) =>
      atOnce(db.passkey.findMany({ where: { userId }, select: rows.columnsOf(rows.Passkey) })),
  },
  heldNames: {
    title: 'Former usernames held for you',
    row: rows.HeldName,
    many: true,
    read: (db, { id: userId }) =>
      atOnce(db.heldName.findMany({ where: { userId }, select: rows.columnsOf(rows.HeldName) })),
  },
  signUp: {
    title: 'Sign-up to be confirmed',
    row: rows.SignUp,
    many: false,
    read: (db, { id: userId }) =>
      atOnce(db.signUp.findUnique({ where: { userId }, select: rows.columnsOf(rows.SignUp) })),
  },
  tokens: {
    title: 'Links and steps of sign-ins',
    row: rows.Token,
    many: true,
    read: (db, { id: userId }) =>
      inBatches((behind) =>
        db.token.findMany({
          // One is made only for an address that no other account has: it would tell which have one.
          where: { userId, purpose: { not: 'verify-email' }, ...behind },
          select: rows.columnsOf(rows.Token),
          ...byId,
        }),
      ),
  },
  mails: { title: 'Mails', row: rows.Mail, many: true, read: readMails },
  history: { title: 'History', row: rows.Event, many: true, read: readHistory },
  deeds: {
    title: 'What you did to others',
    row: rows.Deed,
    many: true,
    read: (db, { id: actor }) =>
      inBatches((behind) =>
        db.auditEvent.findMany({
          where: { actor, OR: [{ subjectId: null }, { subjectId: { not: actor } }], ...behind },
          select: rows.columnsOf(rows.Deed),
          ...byId,
        }),
      ),
  },
} satisfies Record<string, Section>

/** Mails that somebody else made us send: where that one is isn't the member's to know. */
const OF_OTHERS = ['already-registered', 'account-suspended', 'two-factor-reset']

/**
 * Also those that were asked for by address alone; but only of one that is proven to be theirs. What became of a mail
 * to any other would tell whether somebody has that address.
 */
async function* readMails(db: Db, { id: userId, email, provenEmailKey }: User): Rows {
  const proven = email && provenEmailKey ? [{ address: email }] : []
  const own = { userId, OR: [{ kind: { not: 'verify-email' } }, ...proven] }
  const where = { OR: [own, ...proven.map((mine) => ({ userId: null, ...mine }))] }
  const read = (behind: { id?: { gt: string } }) =>
    db.mail.findMany({ where: { ...where, ...behind }, select: rows.columnsOf(rows.Mail), ...byId })
  for await (const batch of inBatches(read))
    yield batch.map((mail) => (OF_OTHERS.includes(mail.kind) ? { ...mail, facts: null } : mail))
}

async function* readHistory(db: Db, { id: subjectId }: User): Rows {
  const { by: _, ...columns } = rows.columnsOf(rows.Event)
  const select = { ...columns, actor: true } as const
  const read = (behind: { id?: { gt: string } }) =>
    db.auditEvent.findMany({ where: { subjectId, ...behind }, select, ...byId })
  for await (const batch of inBatches(read))
    yield batch.map(({ actor, ...event }) => {
      const by = whoIs(actor, subjectId)
      const isAnother = by === 'administrator' || by === 'operator'
      return { ...event, by, ...(isAnother && { ip: null, userAgent: null, requestId: null }) }
    })
}

function whoIs(actor: string, member: string) {
  if (actor === member) return 'you'
  if (actor === 'visitor' || actor === 'foyer') return actor
  return actor.startsWith('cli:') ? 'operator' : 'administrator'
}
