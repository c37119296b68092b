import type { z } from 'zod'
import { maySeeFrom, whoDid } from '../../accounts/actor.ts'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { lettersOfAdministrators } from '../../mail/letters-of-administrators.ts'
import * as rows from './rows.ts'

const BATCH = 1000

type Rows = AsyncIterable<readonly object[]>

/** Which rows come first where there may be many: the oldest, or the latest. */
type Order = 'asc' | 'desc'

/** One kind of thing that is kept about a member: `many` of it, or one or none. */
type Section = {
  title: string
  row: z.ZodObject
  many: boolean
  read: (db: Db, user: User, order: Order) => Rows
}

type Behind = { id?: { gt: string } | { lt: string } }

/** All rows, a batch at a time, however many there are. `read` answers the first ones behind an id, by id. */
async function* inBatches<Row extends { id: string }>(
  order: Order,
  read: (behind: Behind, first: { orderBy: { id: Order }; take: number }) => Promise<Row[]>,
) {
  for (let last: Row | undefined; ; ) {
    const behind = last && { id: order === 'asc' ? { gt: last.id } : { lt: last.id } }
    const batch = await read({ ...behind }, { orderBy: { id: order }, take: BATCH })
    yield batch
    last = batch.at(-1)
    if (!last || batch.length < BATCH) return
  }
}

async function* atOnce(found: Promise<object | null | readonly object[]>) {
  const answer = await found
  yield Array.isArray(answer) ? answer : [answer].filter((row) => row !== null)
}

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
    read: (db, { id: userId }, order) =>
      inBatches(order, (behind, first) =>
        db.session.findMany({ where: { userId, ...behind }, select: rows.columnsOf(rows.Session), ...first }),
      ),
  },
  devices: {
    title: 'Browsers you have signed in with',
    row: rows.Device,
    many: true,
    read: (db, { id: userId }, order) =>
      inBatches(order, (behind, first) =>
        db.device.findMany({ where: { userId, ...behind }, select: rows.columnsOf(rows.Device), ...first }),
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
  signUpRequest: {
    title: 'Sign-up that is to be decided on',
    row: rows.SignUpRequest,
    many: false,
    read: (db, { id: userId }) =>
      atOnce(db.signUpRequest.findUnique({ where: { userId }, select: rows.columnsOf(rows.SignUpRequest) })),
  },
  jobResults: {
    title: 'What was done to many at once',
    row: rows.JobResult,
    many: true,
    read: (db, { id: userId }, order) =>
      inBatches(order, (behind, first) =>
        db.jobResult.findMany({
          where: { userId, ...behind },
          select: rows.columnsOf(rows.JobResult),
          ...first,
        }),
      ),
  },
  tokens: {
    title: 'Links and steps of sign-ins',
    row: rows.Token,
    many: true,
    read: (db, { id: userId }, order) =>
      inBatches(order, (behind, first) =>
        db.token.findMany({
          // One is made only for an address that no other account has: it would tell which have one.
          where: { userId, purpose: { not: 'verify-email' }, ...behind },
          select: rows.columnsOf(rows.Token),
          ...first,
        }),
      ),
  },
  mails: { title: 'Mails', row: rows.Mail, many: true, read: readMails },
  history: { title: 'History', row: rows.Event, many: true, read: readHistory },
  deeds: {
    title: 'What you did to others',
    row: rows.Deed,
    many: true,
    read: (db, { id: actor }, order) =>
      inBatches(order, (behind, first) =>
        db.auditEvent.findMany({
          where: { actor, OR: [{ subjectId: null }, { subjectId: { not: actor } }], ...behind },
          select: rows.columnsOf(rows.Deed),
          ...first,
        }),
      ),
  },
} satisfies Record<string, Section>

/** Mails that somebody else made us send: where that one is isn't the member's to know. */
const OF_OTHERS = ['already-registered', ...Object.keys(lettersOfAdministrators)]

/**
 * Also those that were asked for by address alone, which bear its folded form; but only of one that is proven
 * to be theirs. What became of a mail to any other would tell whether somebody has that address.
 */
async function* readMails(db: Db, { id: userId, email, provenEmailKey }: User, order: Order): Rows {
  const proven = email && provenEmailKey ? [{ address: email }] : []
  const own = { userId, OR: [{ kind: { not: 'verify-email' } }, ...proven] }
  const asked = provenEmailKey ? [{ userId: null, address: provenEmailKey }] : []
  const batches = inBatches(order, (behind, first) =>
    db.mail.findMany({
      where: { OR: [own, ...asked], ...behind },
      select: rows.columnsOf(rows.Mail),
      ...first,
    }),
  )
  for await (const batch of batches)
    yield batch.map((mail) => (OF_OTHERS.includes(mail.kind) ? { ...mail, facts: null } : mail))
}

async function* readHistory(db: Db, { id: subjectId }: User, order: Order): Rows {
  const { by: _, ...columns } = rows.columnsOf(rows.Event)
  const select = { ...columns, actor: true } as const
  const batches = inBatches(order, (behind, first) =>
    db.auditEvent.findMany({ where: { subjectId, ...behind }, select, ...first }),
  )
  for await (const batch of batches)
    yield batch.map(({ actor, ...event }) => {
      const by = whoDid(actor, subjectId)
      return { ...event, by, ...(!maySeeFrom(by) && { ip: null, userAgent: null, requestId: null }) }
    })
}
