import { setTimeout as sleep } from 'node:timers/promises'
import { type Db, openDb } from '../../src/db/client.ts'
import { launch } from './launch.ts'
import { BEHIND_PROXY, logIn, signUp } from './sign-ups.ts'

const CLIENTS = 8

/** What clients know: the names they tried, those whose answer they read to its end, and odd statuses. */
type Ledger = { tried: Set<string>; acknowledged: string[]; odd: number[] }

/** Tries a name, and writes down what was answered. */
async function attempt(base: string, name: string, ledger: Ledger) {
  ledger.tried.add(name)
  const { status } = await signUp(base, name)
  if (status === 303) ledger.acknowledged.push(name)
  else if (status !== 422 && status !== 503) ledger.odd.push(status)
}

/** Signs up one name after another, each of which another client tries too, until the server is killed. */
async function client(base: string, names: string, ledger: Ledger, killed: AbortSignal) {
  for (let n = 0; !killed.aborted; n++) {
    try {
      await attempt(base, `${names}${n}x`, ledger)
    } catch (error) {
      if (!killed.aborted) throw error
    }
  }
}

/**
 * Kills a server amid sign-ups, `kills` times, and starts it again on the same database. Answers what was
 * acknowledged and every way in which the database or the server did not keep to it: none, if all is well.
 */
export async function crash(url: string, kills: number) {
  const ledger: Ledger = { tried: new Set(), acknowledged: [], odd: [] }
  const env = { ...BEHIND_PROXY, DATABASE_URL: url, LOG_LEVEL: 'silent' }
  const violations: string[] = []
  for (let round = 0; round < kills; round++) {
    const server = await launch(env)
    // The first sign-up takes long; from here on they follow one another.
    await attempt(server.base, `r${round}.first`, ledger)
    const killed = new AbortController()
    const clients = Array.from({ length: CLIENTS }, (_, i) =>
      client(server.base, `r${round}.p${i >> 1}.n`, ledger, killed.signal),
    )
    await sleep(20 + Math.random() * 380)
    killed.abort()
    await Promise.all([server.stop('SIGKILL'), ...clients])
  }

  const server = await launch(env)
  for (const name of ledger.acknowledged.slice(-5)) {
    const { status } = await logIn(server.base, name)
    if (status !== 303) violations.push(`${name} can’t log in: ${status}`)
  }
  const db = await openDb(url)
  violations.push(...(await brokenPromises(db, ledger)), ...(await damage(db, url)))
  await db.$disconnect()
  await server.stop()
  return { acknowledged: ledger.acknowledged.length, tried: ledger.tried.size, violations }
}

async function brokenPromises(db: Db, { tried, acknowledged, odd }: Ledger): Promise<string[]> {
  const users = await db.user.findMany({ select: { id: true, username: true, _count: true } })
  const events = await db.auditEvent.findMany({ select: { event: true, subjectId: true } })
  const names = new Set(users.map(({ username }) => username))
  const ids = new Set(users.map(({ id }) => id))
  const count = (id: string, ...kinds: string[]) =>
    events.filter(({ event, subjectId }) => subjectId === id && kinds.includes(event)).length
  return [
    ...odd.map((status) => `a sign-up was answered by ${status}`),
    ...acknowledged.filter((name) => !names.has(name)).map((name) => `${name} was promised and is lost`),
    ...acknowledged
      .filter((name, i) => acknowledged.indexOf(name) !== i)
      .map((name) => `${name} was promised twice`),
    ...[...names].filter((name) => !tried.has(name)).map((name) => `nobody asked for ${name}`),
    ...users
      .filter(({ id }) => count(id, 'user.registered') !== 1)
      .map(({ username }) => `${username} is not in the audit trail once`),
    ...users
      .filter(({ id, _count }) => count(id, 'user.registered', 'session.started') !== _count.sessions)
      .map(({ username }) => `${username} has other sessions than the audit trail tells`),
    ...events
      .filter(({ subjectId }) => !ids.has(subjectId ?? ''))
      .map(({ event, subjectId }) => `${event} of ${subjectId}, who does not exist`),
  ]
}

/** What the database itself finds wrong with its file; PostgreSQL recovers its own, it was not killed. */
async function damage(db: Db, url: string): Promise<string[]> {
  if (!url.startsWith('file:')) return []
  const checks = await db.$queryRaw<{ integrity_check: string }[]>`PRAGMA integrity_check`
  const orphans = await db.$queryRaw<object[]>`PRAGMA foreign_key_check`
  return [
    ...checks.map((row) => row.integrity_check).filter((line) => line !== 'ok'),
    ...orphans.map(() => 'a row refers to one that is missing'),
  ]
}
