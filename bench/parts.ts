import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryOf, startBare, startFoyer, startWorker } from './processes.ts'

/** A line of the table. `met` says whether the figure keeps within its limit; a line without is for comparison. */
export type Figure = { name: string; value: string; limit?: string; met?: boolean }

/** Measures one thing on the database. `scale` shortens it: 1 is the whole, less is for a glance. */
type Part = (databaseUrl: string, scale: number) => Promise<Figure[]>

/** As many people as sign up at the same time. */
const CROWD = 16
/** What the limits were stated for: pages per second that a bare Fastify answers on the machine of reference. */
const REFERENCE_PAGES = 45_000
const REFERENCE_REJECTIONS = 5_000

const median = (values: number[]) => quantile(values, 0.5)

/** The value that a share of them doesn't exceed. */
export function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

const whole = (value: number) => Math.round(value).toLocaleString('en')
const perSecond = (value: number) => (value < 1000 ? value.toFixed(1) : whole(value))
const share = (value: number) => value.toFixed(3)
const ms = (value: number) => `${value.toFixed(1)} ms`
const megabytes = (value: number) => `${whole(value)} MB`

type Format = (value: number) => string

const plain = (name: string, value: number, format: Format): Figure => ({ name, value: format(value) })

const atLeast = (name: string, value: number, limit: number, format: Format): Figure => ({
  name,
  value: format(value),
  limit: `≥ ${format(limit)}`,
  met: value >= limit,
})

const atMost = (name: string, value: number, limit: number, format: Format): Figure => ({
  name,
  value: format(value),
  limit: `≤ ${format(limit)}`,
  met: value <= limit,
})

/** Measures the contestants in turn, several times, so that what else the machine does falls on all of them alike. */
async function inTurn<Name extends string>(rounds: number, contestants: Record<Name, () => Promise<number>>) {
  const names = Object.keys(contestants) as Name[]
  const results = names.map((name) => [name, [] as number[]] as const)
  for (let round = 0; round < rounds; round++)
    for (const [name, figures] of results) figures.push(await contestants[name]())
  const figures = Object.fromEntries(results) as Record<Name, number[]>
  return {
    median: (name: Name) => median(figures[name]),
    /** The share that `name` reaches of what `other` did in the same round. */
    share: (name: Name, other: Name) =>
      median(figures[name].map((figure, round) => figure / Number(figures[other][round]))),
  }
}

/** A bare Fastify that sends the bytes of this server's page. */
async function startBareLike(foyer: { url: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-bench-page-'))
  const file = join(folder, 'page.html')
  const answer = await fetch(foyer.url, { headers: { accept: 'text/html' } })
  writeFileSync(file, await answer.text())
  try {
    return await startBare(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Sign-ups against the hash alone: whatever else a sign-up does should hardly be noticed. */
async function signUps(databaseUrl: string, scale: number): Promise<Figure[]> {
  await using foyer = await startFoyer(databaseUrl)
  await using bare = await startBareLike(foyer)
  await using crowd = startWorker()
  const during = 3_000 * scale
  const contestants = {
    foyer: () => crowd.run('signUps', foyer.url, 303, CROWD, during),
    bare: () => crowd.run('signUps', bare.url, 200, CROWD, during),
    argon2: () => crowd.run('hashes', CROWD, during),
  }
  await inTurn(1, contestants)
  const measured = await inTurn(scale < 1 ? 3 : 6, contestants)
  return [
    plain('Sign-ups per second', measured.median('foyer'), perSecond),
    plain('  bare Fastify that hashes', measured.median('bare'), perSecond),
    plain('  argon2 alone', measured.median('argon2'), perSecond),
    atLeast('  share of bare Fastify', measured.share('foyer', 'bare'), 0.95, share),
    plain('  share of argon2 alone', measured.share('foyer', 'argon2'), share),
  ]
}

/** How long a visitor waits for a page, alone and while a crowd signs up. */
async function waits(databaseUrl: string, scale: number): Promise<Figure[]> {
  await using foyer = await startFoyer(databaseUrl)
  await using crowd = startWorker()
  await using visitor = startWorker()
  await visitor.run('visits', foyer.url, 40, 3_000 * scale)
  const idle = await visitor.run('visits', foyer.url, 40, 15_000 * scale)
  const [, busy] = await Promise.all([
    crowd.run('signUps', foyer.url, 303, CROWD, 21_000 * scale),
    visitor.run('visits', foyer.url, 40, 20_000 * scale),
  ])
  return [
    plain('Page, p99 of the wait, idle', quantile(idle, 0.99), ms),
    plain('Page, median while people sign up', median(busy), ms),
    atMost('Page, p99 while people sign up', quantile(busy, 0.99), 15, ms),
  ]
}

/** Pages, and forms sent back with what is wrong: neither needs the database or a hash. */
async function pages(databaseUrl: string, scale: number): Promise<Figure[]> {
  await using foyer = await startFoyer(databaseUrl)
  await using bare = await startBareLike(foyer)
  await using visitors = startWorker()
  const during = { ms: 4_000 * scale }
  const contestants = {
    foyer: () => visitors.run('flood', foyer.url, 200, during),
    rejected: () => visitors.run('flood', foyer.url, 422, during),
    bare: () => visitors.run('flood', bare.url, 200, during),
  }
  await inTurn(1, contestants)
  const measured = await inTurn(3, contestants)
  const rejections = (REFERENCE_REJECTIONS * measured.median('bare')) / REFERENCE_PAGES
  return [
    plain('Pages per second', measured.median('foyer'), perSecond),
    plain('  bare Fastify that sends the same', measured.median('bare'), perSecond),
    atLeast('  share of bare Fastify', measured.share('foyer', 'bare'), 0.35, share),
    atLeast('Rejected forms per second', measured.median('rejected'), rejections, perSecond),
  ]
}

/** Memory at rest, after a load of everything, and whether it grows with the number of requests. */
async function memory(databaseUrl: string, scale: number): Promise<Figure[]> {
  await using foyer = await startFoyer(databaseUrl)
  await using load = startWorker()
  const idle = memoryOf(foyer.pid)
  await load.run('signUps', foyer.url, 303, CROWD, 3_000 * scale)
  await load.run('flood', foyer.url, 422, { requests: 20_000 * scale })
  await load.run('flood', foyer.url, 200, { requests: 80_000 * scale })
  const half = memoryOf(foyer.pid)
  await load.run('flood', foyer.url, 200, { requests: 100_000 * scale })
  const after = memoryOf(foyer.pid)
  return [
    plain('Memory at rest', idle, megabytes),
    atMost('Memory after load', after, 150, megabytes),
    atMost(`  against after ${whole(100_000 * scale)} requests fewer`, after / half, 1.1, share),
  ]
}

/** From the start of the process to its first page, on a database that is there already. */
async function start(databaseUrl: string, scale: number): Promise<Figure[]> {
  const times = []
  for (let round = 0; round < Math.ceil(5 * scale); round++) {
    await using foyer = await startFoyer(databaseUrl)
    times.push(foyer.startMs)
  }
  return [atMost('Start to the first page', median(times), 1_000, ms)]
}

export const parts = { start, signUps, waits, pages, memory } satisfies Record<string, Part>
