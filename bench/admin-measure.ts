import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { newSession } from '../src/accounts/session.ts'
import { type Db, openDb } from '../src/db/client.ts'
import { type AdminPage, adminPages } from './admin-pages.ts'
import { quantile } from './parts.ts'
import { memoryOf, startFoyer } from './processes.ts'

/** So many that a collection of garbage, which makes three or four in a row slow, isn’t what p95 tells. */
const REQUESTS = 250
const WARM_UP = 10
const LOOK_EVERY_MS = 50

/** How long a page took, in ms, how often it was refused, and after how many people its search stopped, if it did. */
type Timed = AdminPage & { p50: number; p95: number; failed: number; looked: number | undefined }

/** What was measured on one database: its pages, and its list of people as a file. */
export type Measured = { pages: Timed[]; rowsPerSecond: number; growth: number }

/** Asks the service for each page, one after another, as an administrator does; those it doesn't have are left out. */
export async function measureAdmin(url: string): Promise<Measured> {
  const db = await openDb(url)
  const agent = new Agent({ keepAlive: true })
  try {
    await using foyer = await startFoyer(url)
    const headers = { cookie: await signIn(db), accept: 'text/html' }
    const ask = (path: string, more: { accept?: string; cookie?: string } = {}) =>
      answerOf(new URL(path, foyer.url), { agent, headers: { ...headers, ...more } })
    const pages: Timed[] = []
    for (const page of await adminPages(db)) {
      const answer = await ask(page.addresses[0] ?? '', { accept: 'application/json' })
      const { looked } = (await json(answer)) as { looked?: number }
      if (answer.statusCode !== 404) pages.push({ ...page, ...(await timed(page, ask)), looked })
    }
    // Last, so that memory is that of a service in use.
    return {
      pages,
      ...(await download(foyer.pid, async () => ask('/admin/users.csv', { cookie: await signIn(db) }))),
    }
  } finally {
    agent.destroy()
    await db.$disconnect()
  }
}

/** The cookie of a session that an administrator has just begun, put into the database. */
async function signIn(db: Db): Promise<string> {
  const user = await db.user.findFirstOrThrow({ where: { role: 'admin' } })
  const source = { ip: '127.0.0.1', userAgent: 'bench', requestId: 'bench', via: 'html' } as const
  const { row, token } = newSession(user, false, source)
  await db.session.create({ data: row })
  return `foyer-session=${token}`
}

async function answerOf(url: URL, options: { agent: Agent; headers: Record<string, string> }) {
  const [answer] = (await once(get(url, options), 'response')) as [IncomingMessage]
  return answer
}

async function timed({ addresses }: AdminPage, ask: (path: string) => Promise<IncomingMessage>) {
  const times: number[] = []
  let failed = 0
  for (let i = 0; i < WARM_UP + REQUESTS; i++) {
    const startedAt = performance.now()
    const answer = await ask(addresses[i % addresses.length] ?? '')
    await sizeOf(answer)
    if (answer.statusCode !== 200) failed++
    if (i >= WARM_UP) times.push(performance.now() - startedAt)
  }
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), failed }
}

/** Rows per second, and by how many MB the service's memory grew at most. */
async function download(pid: number, ask: () => Promise<IncomingMessage>) {
  const before = memoryOf(pid)
  let peak = before
  const look = () => {
    peak = Math.max(peak, memoryOf(pid))
  }
  const looking = setInterval(look, LOOK_EVERY_MS)
  const startedAt = performance.now()
  const answer = await ask()
  if (answer.statusCode !== 200) throw new Error(`The list as a file was answered by ${answer.statusCode}`)
  const { lines } = await sizeOf(answer)
  const rowsPerSecond = (lines - 1) / ((performance.now() - startedAt) / 1000)
  clearInterval(looking)
  look()
  return { rowsPerSecond, growth: peak - before }
}

/** Reads an answer to its end, and throws if it broke off before. */
async function sizeOf(answer: IncomingMessage) {
  let lines = 0
  for await (const chunk of answer as AsyncIterable<Buffer>)
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++
  return { lines }
}
