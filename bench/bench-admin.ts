// npm run bench:admin -- [sqlite | postgresql] [--users 1000000] [--keep FOLDER]
// Measures what administrators wait for, with 10,000 people and with many more, on both databases or one.
// With --keep the SQLite files stay in that folder, and are used again. Ends by 1 if a limit isn't met.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createDatabase, dropDatabase, startPostgres } from '../tests/support/postgres.ts'
import { type Measured, measureAdmin } from './admin-measure.ts'
import { seedPeople } from './seed-people.ts'

const FEW = 10_000
const PAGE_LIMIT_MS = 100
const RATIO_LIMIT = 3
/** What is quicker is as good as this, in ms: a ratio of so little says nothing. */
const QUICK_MS = 1
const ROWS_LIMIT = 50_000
const GROWTH_LIMIT_MB = 50
const SEED_LIMIT = 50_000

let missed = 0
const verdict = (met: boolean) => {
  if (!met) missed++
  return met ? 'ok' : 'NOT MET'
}

const whole = (value: number) => Math.round(value).toLocaleString('en')
const ms = (value: number) => value.toFixed(1).padStart(8)

function line(name: string, figures: string, verdict: string) {
  console.log(`${name.padEnd(44)}${figures}   ${verdict}`.trimEnd())
}

/** The pages of both sizes side by side. */
function report(few: Measured, many: Measured) {
  line('', `${'p50'.padStart(8)}${'p95'.padStart(8)}${'p50'.padStart(8)}${'p95'.padStart(8)}   ratio`, '')
  for (const [i, { name, p50, p95, limit = PAGE_LIMIT_MS, failed, looked }] of many.pages.entries()) {
    const before = few.pages[i] as Measured['pages'][number]
    const ratio = p95 / Math.max(QUICK_MS, before.p95)
    const refused = failed ? `, refused ${failed} times` : ''
    const stopped = looked ? `, stops after ${whole(looked)}` : ''
    const figures = `${ms(before.p50)}${ms(before.p95)}${ms(p50)}${ms(p95)}${ratio.toFixed(1).padStart(8)}`
    line(name, figures, verdict(p95 <= limit && ratio <= RATIO_LIMIT && !failed) + refused + stopped)
  }
  line(
    'Export, rows per second',
    whole(many.rowsPerSecond).padStart(32),
    verdict(many.rowsPerSecond >= ROWS_LIMIT),
  )
  line(
    'Export, growth of memory, MB',
    whole(many.growth).padStart(32),
    verdict(many.growth <= GROWTH_LIMIT_MB),
  )
}

async function onSqlite(folder: string, users: number) {
  const file = join(folder, `people-${users}.db`)
  const seeded = existsSync(file) ? undefined : await seedPeople(`file:${file}`, users)
  return { seeded, measured: await measureAdmin(`file:${file}`) }
}

async function sqlite(users: number, keep: string | undefined) {
  if (keep) mkdirSync(keep, { recursive: true })
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'foyer-bench-'))
  try {
    const few = await onSqlite(folder, FEW)
    const many = await onSqlite(folder, users)
    report(few.measured, many.measured)
    if (many.seeded)
      line('Seeding, people per second', whole(many.seeded).padStart(32), verdict(many.seeded >= SEED_LIMIT))
  } finally {
    if (!keep) rmSync(folder, { recursive: true })
  }
}

async function postgresql(users: number) {
  const server = await startPostgres(18, { durable: true })
  const on = async (count: number) => {
    const name = `people_${count}`
    await createDatabase(server.url('postgres'), name)
    const seeded = await seedPeople(server.url(name), count)
    const measured = await measureAdmin(server.url(name))
    await dropDatabase(server.url('postgres'), name)
    return { seeded, measured }
  }
  try {
    const few = await on(FEW)
    const many = await on(users)
    report(few.measured, many.measured)
    line('Seeding, people per second', whole(many.seeded).padStart(32), '')
  } finally {
    await server.stop()
  }
}

const databases = { sqlite, postgresql }

const { values, positionals } = parseArgs({
  options: { users: { type: 'string', default: '1000000' }, keep: { type: 'string' } },
  allowPositionals: true,
})
const users = Number(values.users)
const names = Object.keys(databases) as (keyof typeof databases)[]
const unknown = positionals.filter((name) => !names.some((known) => known === name))
if (unknown.length || !Number.isInteger(users) || users < FEW)
  throw new Error(`Say ${names.join(' or ')}, if one is enough, and how many people, ${FEW} or more.`)
for (const name of names.filter((name) => !positionals.length || positionals.includes(name))) {
  console.log(
    `Foyer on ${name}, Node ${process.versions.node}: ms with ${whole(FEW)} and with ${whole(users)} people\n`,
  )
  await databases[name](users, values.keep)
  console.log()
}
if (missed) {
  console.log(`${missed} not met`)
  process.exitCode = 1
}
