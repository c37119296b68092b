import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDb } from '../../src/db/client.ts'
import { freshDatabase } from '../support/database.ts'
import { foyer, freePort, run } from '../support/launch.ts'

// To root every folder is open.
const unprivileged = process.getuid?.() === 0 ? { uid: 65534 } : {}

const server = (env: Record<string, string>) => run(env, unprivileged).ended
const commandLine = (env: Record<string, string>) => foyer(env, ['admin', 'list'], '', unprivileged)

/** A folder that everybody may read and nobody write. */
function readOnlyFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-read-only-'))
  chmodSync(folder, 0o555)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

describe.each([
  ['the server', server],
  ['the command line', commandLine],
] as const)('%s', (_who, start) => {
  test('names every wrong value, a line each, and does nothing', async () => {
    const { code, out, err } = await start({
      BASE_URL: 'http://10.0.0.1',
      SIGN_UP: 'maybe',
      PASSWORD_MIN_LENGTH: '7',
      ARGON2_MEMORY_KIB: '1024',
      TRUST_PROXY: '10.0.0.0/33',
      DATABASE_URL: 'mysql://secret@host',
      GEOIP_DATABASE: '/no/such/places.mmdb',
    })
    expect(code).toBe(1)
    expect(out).toBe('')
    const lines = err
      .trimEnd()
      .split('\n')
      .map((line) => line.trim())
    expect(lines.filter((line) => /^[A-Z0-9_]+: /.test(line)).map((line) => line.split(':')[0])).toEqual([
      'BASE_URL',
      'DATABASE_URL',
      'SIGN_UP',
      'PASSWORD_MIN_LENGTH',
      'TRUST_PROXY',
      'ARGON2_MEMORY_KIB',
      'GEOIP_DATABASE',
    ])
    expect(err).not.toContain('secret')
  })

  test('says in a line that the database does not answer', async () => {
    const port = await freePort()
    const { code, out, err } = await start({
      DATABASE_URL: `postgresql://foyer:hunter2@localhost:${port}/foyer`,
    })
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toMatch(/^ *DATABASE_URL: the database can’t be opened: .*ECONNREFUSED.*\n$/m)
    expect(err).not.toMatch(/hunter2|\n\s+at /)
  })
})

test('the server says in a line that the database’s folder can’t be written to', async () => {
  const { code, out, err } = await server({ DATABASE_URL: `file:${readOnlyFolder()}/data/foyer.db` })
  expect(code).toBe(1)
  expect(out).toBe('')
  expect(err).toMatch(/^ *DATABASE_URL: the database can’t be opened: EACCES: .*\n$/m)
  expect(err).not.toMatch(/\n\s+at /)
})

test('the command line makes no database where there is none, and names the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-mistyped-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const env = { DATABASE_URL: `file:${folder}/data/foyer.db` }
  for (const args of ['admin list', 'admin create --username ada.lovelace'])
    expect(await foyer(env, args.split(' '), 'correct-horse-battery')).toEqual({
      code: 1,
      out: '',
      err: `DATABASE_URL: there is no database ${folder}/data/foyer.db. Correct the path, or start the service, which makes it\n`,
    })
  expect(readdirSync(folder)).toEqual([])
})

test.each(['sqlite', 'postgresql'] as const)(
  'the command line leaves a database that the service has yet to migrate as it is, on %s',
  async (provider) => {
    const { url, remove } = await freshDatabase(provider)
    onTestFinished(remove)
    const db = await openDb(url)
    const read = () => db.$queryRaw<unknown[]>`SELECT "migration_name" FROM "_prisma_migrations"`
    await db.$executeRaw`DELETE FROM "_prisma_migrations"`
    expect(await foyer({ DATABASE_URL: url }, ['user', 'list'])).toEqual({
      code: 1,
      out: '',
      err: 'DATABASE_URL: the database can’t be opened: it lacks the migration 20261122000000_init of this program. Start the service, which brings it up to date\n',
    })
    expect(await read()).toEqual([])
    await db.$disconnect()
  },
)

test('the command line tells a database that it may not read from one that is not there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-private-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(`${folder}/data`, { mode: 0 })
  chmodSync(folder, 0o755)
  const { code, out, err } = await commandLine({ DATABASE_URL: `file:${folder}/data/foyer.db` })
  expect([code, out]).toEqual([1, ''])
  expect(err).toBe(
    `DATABASE_URL: the database ${folder}/data/foyer.db can’t be read (EACCES). Run this as the user of the service, or as root\n`,
  )
})

test('the server says in a line that its port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as { port: number }
  const { url, remove } = await freshDatabase('postgresql')
  onTestFinished(remove)
  const { code, out, err } = await server({ PORT: String(port), DATABASE_URL: url })
  expect(code).toBe(1)
  expect(out).toBe('')
  expect(err).toBe(
    `Foyer can’t start:\n  HOST, PORT: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`,
  )
})
