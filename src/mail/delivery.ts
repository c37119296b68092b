import type { KeyedServices } from '../accounts/services.ts'
import { type Budget, giveBack, hasTry } from '../accounts/throttle.ts'
import type { Db } from '../db/client.ts'
import type { Mail, Prisma } from '../db/generated/sqlite/client.ts'
import { type Log, repeat } from '../repeat.ts'
import { fromNow, hours, minutes, now, seconds } from '../time.ts'
import { compose } from './compose.ts'
import { LAST_MAILS } from './letters.ts'
import { PRIORITIES } from './outbox.ts'
import { plan } from './plan.ts'
import { isRefused, type Transport } from './transport.ts'

const LOOK_EVERY = seconds(1)
const AT_ONCE = 5
/** How long a mail is its sender's alone: longer than the sending may take. */
const LEASE = minutes(2)
const SEND_WITHIN = minutes(1)
const STOP_WITHIN = seconds(5)
const FIRST_WAIT = seconds(30)
const LONGEST_WAIT = hours(1)
const FEWEST_TRIES = 6

type Warned = Log & { warn: (facts: object, words: string) => void }

/** Sends what is due, over and over. Answers how to stop it, which waits a little for the mails on their way. */
export function startDelivery(services: KeyedServices, send: Transport, log: Warned) {
  const hurrying = new AbortController()
  const sendOrHurry: Transport = async (message, signal) => {
    try {
      return await send(message, AbortSignal.any([signal, hurrying.signal]))
    } catch (error) {
      // By its codes alone: the words of a mail server may quote the mail.
      const { code, responseCode } = error as { code?: string; responseCode?: number }
      log.warn({ messageId: message.messageId, code, responseCode }, 'A mail could not be handed over')
      throw error
    }
  }
  const complain = (error: unknown) => void log.error(error)
  const onTheWay = new Set<Promise<void>>()
  const stop = repeat(async () => {
    const begun = (await deliver(services, sendOrHurry, AT_ONCE - onTheWay.size).catch(complain)) ?? []
    for (const sending of begun) {
      const ended: Promise<void> = sending.catch(complain).finally(() => onTheWay.delete(ended))
      onTheWay.add(ended)
    }
    if (onTheWay.size < AT_ONCE) return begun.length ? 0 : LOOK_EVERY
    // One that the mail server is slow to take holds no other up.
    await Promise.race(onTheWay)
    return 0
  })
  return async () => {
    const patience = setTimeout(() => hurrying.abort(), STOP_WITHIN)
    await stop()
    await Promise.all(onTheWay)
    clearTimeout(patience)
  }
}

/**
 * Begins to send some of the mails that are due, and answers their sendings. Any number of processes may do so:
 * who moves `dueAt` on has the mail to itself, and if they die it falls due again. So each is sent at least once,
 * and a second time only by a death between the sending and the note of it.
 */
export async function deliver(
  services: KeyedServices,
  send: Transport,
  limit = AT_ONCE,
): Promise<Promise<void>[]> {
  const { db, config } = services
  const total = inTotal(config.mail.perHour)
  const due: Mail[] = []
  // One after another, so that an index has those of each that are due in their order.
  for (const priority of Object.values(PRIORITIES)) {
    const some = await db.mail.findMany({
      where: { state: 'waiting', priority, dueAt: { lte: fromNow(0) } },
      orderBy: [{ dueAt: 'asc' }, { id: 'asc' }],
      take: limit - due.length,
    })
    due.push(...some)
  }
  const taken: { mail: Mail; counted: Budget[] }[] = []
  for (const seen of due) {
    // Counted once for each mail: while the mail server is away, attempts use up nobody's share.
    const counted = seen.priority > PRIORITIES.notice && seen.attempts === 0 ? [total] : []
    // Those that have to wait stay as they are, however many: each keeps its turn, and costs nothing.
    if (counted.length && !(await hasTry(db, total))) break
    const mail = await lease(db, seen)
    if (mail) taken.push({ mail, counted })
    else await giveBack(db, counted)
  }
  // Only now: were the database to fail above, nobody would wait for those begun, nor hear how they failed.
  return taken.map(({ mail, counted }) => attempt(services, mail, send, counted))
}

/** The mail as it was when it was taken: an update of any other is somebody else's. */
const asTaken = ({ id, dueAt }: Mail) => ({ id, dueAt, state: 'waiting' as const })

type Noted = Prisma.MailUncheckedUpdateManyInput

/** Writes down what became of a mail; the last one to somebody who is gone goes once its sending ends. */
const noted = (db: Db, mail: Mail, data: Noted) =>
  LAST_MAILS.includes(mail.kind) && data.state
    ? db.mail.deleteMany({ where: asTaken(mail) })
    : db.mail.updateMany({ where: asTaken(mail), data })

async function lease(db: Db, seen: Mail): Promise<Mail | undefined> {
  const isLate = !isToMany(seen) && now() - seen.dueAt.getTime() > usesFor(seen)
  const leased = isLate
    ? { state: 'withheld' as const, lastError: 'Nothing could send it in time' }
    : { dueAt: fromNow(LEASE), attempts: seen.attempts + 1 }
  const { count } = await noted(db, seen, leased)
  return count && !isLate ? { ...seen, ...leased } : undefined
}

/** `counted` are the budgets that it has a try of: nothing is taken for what isn't sent. */
async function attempt(
  services: KeyedServices,
  mail: Mail,
  send: Transport,
  counted: Budget[],
): Promise<void> {
  const { db } = services
  const note = (data: Noted) => noted(db, mail, data)

  const planned = await plan(db, mail)
  const withhold = async (lastError: string) => {
    await note({ state: 'withheld', lastError })
    await giveBack(db, counted)
  }
  if ('withheld' in planned) return withhold(planned.withheld)
  const { budgets = [], kind, userId } = planned
  if (mail.attempts === 1)
    for (const budget of budgets)
      if (!(await hasTry(db, budget))) return withhold('There were too many to this address')

  try {
    const message = await compose(services, mail, planned)
    // Taken back in between, its link was made too late to be voided: nobody is to have it.
    const { count } = await note({ attempts: mail.attempts })
    if (count === 0) return
    await send(message, AbortSignal.timeout(SEND_WITHIN))
  } catch (error) {
    return void (await note(afterFailure(mail, error as Error)))
  }
  // What it became, and whose: administrators see what was sent.
  await note({ state: 'sent', sentAt: fromNow(0), lastError: null, kind, userId })
}

/** Whatever strangers ask for, and however many people something is about: no more leave than that, the rest wait. */
const inTotal = (perHour: number): Budget => ({
  key: 'mail',
  burst: Math.ceil(perHour / 10),
  refill: Math.ceil(hours(1) / perHour),
})

/** It waits for as many hours as its share takes, and isn't late by that: nobody sits and waits for it. */
const isToMany = ({ priority }: Mail) => priority === PRIORITIES.many

/** How long a mail is of use, in ms: one with a link for a new password that somebody waits for as long as the link. */
const usesFor = (mail: Mail) => (mail.kind === 'reset-password' && !isToMany(mail) ? hours(1) : hours(72))

/** Again later, each time twice as long, less a random part so that not all come back at once; or never. */
function afterFailure(mail: Mail, error: Error) {
  // A mail server may quote what it refuses, and the link and the code with it.
  const lastError = error.message.replace(/[\w-]{43,}|\b\d{6}\b/g, '…').slice(0, 300)
  const longest = Math.min(FIRST_WAIT * 2 ** (mail.attempts - 1), LONGEST_WAIT)
  const wait = longest * (0.5 + Math.random() / 2)
  const isOld = now() + wait - mail.createdAt.getTime() > usesFor(mail)
  // An old one that is sent again on purpose has its tries too.
  if (isRefused(error) || (isOld && mail.attempts >= FEWEST_TRIES))
    return { state: 'failed' as const, lastError }
  return { dueAt: fromNow(wait), lastError }
}
