import { setTimeout as sleep } from 'node:timers/promises'
import { type Db, openDb } from '../../src/db/client.ts'
import { launch, type Server } from './launch.ts'
import { PATIENCE } from './patience.ts'
import { BEHIND_PROXY, PASSWORD, post } from './sign-ups.ts'
import { type Arrived, type Sink, startSink } from './smtp.ts'

const CLIENTS = 4
/** How many people sign up before the server is killed while it hands a mail over. */
const PEOPLE = 3

/** The people who were answered, and whether the server has been killed since. */
type Ledger = { promised: string[]; killed: boolean }

/** Signs somebody up; without an answer only if the server is killed meanwhile. */
async function signUp({ base }: Server, username: string, ledger: Ledger) {
  const email = `${username}@example.org`
  try {
    const { status } = await post(base, '/register', { username, email, password: PASSWORD })
    if (status !== 303) throw new Error(`${email} was answered by ${status}`)
    ledger.promised.push(email)
  } catch (error) {
    if (!ledger.killed) throw error
  }
}

const waiting = (db: Db) => db.mail.count({ where: { state: 'waiting' } })

/** Starts the server; what its predecessor had taken falls due at once, as it would two minutes later. */
async function restart(db: Db, url: string, sink: Sink) {
  await db.mail.updateMany({ where: { state: 'waiting' }, data: { dueAt: new Date() } })
  const env = { ...BEHIND_PROXY, DATABASE_URL: url, SMTP_URL: sink.url, LOG_LEVEL: 'silent' }
  return launch({ ...env, MAIL_PER_HOUR: '1000000' })
}

/** Lets the server send what is left; answers what it didn't. */
async function drain(db: Db): Promise<string[]> {
  const end = performance.now() + PATIENCE.timeout
  for (; performance.now() < end; await sleep(50)) if ((await waiting(db)) === 0) return []
  return [`${await waiting(db)} mails are stuck`]
}

/**
 * Kills a server, `rounds` times, when the mail server has read all of a mail and not yet answered; starts it
 * again on the same database. Answers how many mails arrived a second time, and every way in which the
 * promise of one or, after a death, two copies was not kept: none, if all is well.
 */
export async function crashAtHandover(url: string, rounds: number) {
  const [db, sink] = [await openDb(url), await startSink()]
  const ledger: Ledger = { promised: [], killed: false }
  const violations: string[] = []
  for (let round = 0; round < rounds; round++) {
    const server = await restart(db, url, sink)
    violations.push(...(await drain(db)))
    sink.mood = round % 2 ? 'is well' : 'keeps the mail and hangs up'
    ledger.killed = false
    sink.onMail = () => {
      ledger.killed = server.kill('SIGKILL') || ledger.killed
    }
    const names = Array.from({ length: PEOPLE }, (_, n) => `r${round}.p${n}x`)
    await Promise.all(names.map((name) => signUp(server, name, ledger)))
    await server.ended
    sink.mood = 'is well'
    sink.onMail = () => {}
  }
  const sent = Map.groupBy(await settle(db, url, sink, violations), ({ to }) => to.join())
  violations.push(...ledger.promised.flatMap((address) => wrongCopies(address, sent.get(address) ?? [])))
  const twice = [...sent.values()].filter(({ length }) => length > 1).length
  return { promised: ledger.promised.length, twice, violations }
}

/** Lets a last server send what is left; answers all that arrived, and adds what the database does not keep. */
async function settle(db: Db, url: string, sink: Sink, violations: string[]): Promise<Arrived[]> {
  const server = await restart(db, url, sink)
  violations.push(...(await drain(db)), ...(await brokenPromises(db)))
  await server.stop()
  await db.$disconnect()
  await sink.stop()
  return sink.arrived
}

function wrongCopies(address: string, copies: Arrived[]): string[] {
  const ids = new Set(copies.map(({ mail }) => mail.messageId))
  if (copies.length < 1 || copies.length > 2) return [`${address} was sent ${copies.length} mails`]
  return ids.size === 1 ? [] : [`${address} can’t tell that the second mail is the first`]
}

/**
 * Kills a server at any moment amid sign-ups and their mails, `kills` times. Answers how many sign-ups were
 * answered, and every mail that is missing: for those, or for any account there is.
 */
export async function crashAmidMail(url: string, kills: number) {
  const [db, sink] = [await openDb(url), await startSink()]
  const ledger: Ledger = { promised: [], killed: false }
  for (let round = 0; round < kills; round++) {
    const server = await restart(db, url, sink)
    ledger.killed = false
    // The first sign-up takes long; from here on they follow one another.
    await signUp(server, `r${round}.first`, ledger)
    const client = async (name: string) => {
      for (let n = 0; !ledger.killed; n++) await signUp(server, `r${round}.${name}.n${n}x`, ledger)
    }
    const clients = Array.from({ length: CLIENTS }, (_, i) => client(`c${i}`))
    const first = ledger.promised.length
    while (ledger.promised.length < first + 2) await sleep(10)
    await sleep(Math.random() * 1500)
    ledger.killed = true
    await Promise.all([server.stop('SIGKILL'), ...clients])
  }
  const violations: string[] = []
  const sent = new Set((await settle(db, url, sink, violations)).flatMap(({ to }) => to))
  const missing = ledger.promised.filter((address) => !sent.has(address))
  violations.push(...missing.map((address) => `${address} was sent no mail`))
  return { promised: ledger.promised.length, violations }
}

/** An account that waits to be proven, its mail and its line in the audit trail: all three, or none. */
async function brokenPromises(db: Db): Promise<string[]> {
  const users = await db.user.findMany({ include: { mails: true, signUp: true } })
  const events = await db.auditEvent.findMany({ where: { event: 'user.registered' } })
  const told = Map.groupBy(events, ({ subjectId }) => subjectId)
  const mails = await db.mail.count()
  return [
    ...users
      .filter(({ id, mails, signUp }) => mails.length !== 1 || !signUp || told.get(id)?.length !== 1)
      .map(({ username }) => `${username} is there in part`),
    ...users
      .filter(({ email, mails }) => mails[0]?.state !== 'sent' || mails[0].address !== email)
      .map(({ username, mails }) => `the mail to ${username} is ${mails[0]?.state}`),
    ...(mails === users.length && events.length === users.length
      ? []
      : [`${users.length} accounts have ${mails} mails and ${events.length} lines in the audit trail`]),
  ]
}
