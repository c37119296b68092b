import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { openDb } from '../../src/db/client.ts'
import { freshDatabase } from '../support/database.ts'
import { createDatabase, dropDatabase, startPostgres } from '../support/postgres.ts'
import { serve, startServer } from '../support/server.ts'
import { logIn, PASSWORD, post, signUp } from '../support/sign-ups.ts'

const NOBODY = 65534

function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-server-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A visitor signs up, is in, signs out and comes back. */
async function signUpStory(base: string) {
  const page = await fetch(`${base}/register`)
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Create your account')])
  const { status, headers } = await signUp(base, 'ana.silva')
  expect([status, headers.get('location')]).toEqual([303, '/account'])
  const cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
  const account = await fetch(`${base}/account`, { headers: { cookie } })
  expect([account.status, await account.text()]).toEqual([200, expect.stringContaining('ana.silva')])
  expect((await logIn(base, 'ana.silva')).status).toBe(303)
}

describe('the first start', () => {
  test('prints the address, and a link that makes the first administrator, once', async () => {
    const { base, said, url, stop } = await startServer({}, 'sqlite')
    const link = /This link makes one, once: http:\/\/localhost:\d+(\/setup\?token=[\w-]{43})\n/.exec(
      said.out,
    )
    expect(said.out.match(/setup\?token=/g)).toHaveLength(1)
    expect(said.err).toBe('')

    const followed = await fetch(base + link?.[1], { redirect: 'manual' })
    const cookie = followed.headers.get('set-cookie')?.split(';')[0] ?? ''
    const made = await post(
      base,
      '/setup',
      { username: 'ada.lovelace', password: PASSWORD },
      { cookie, 'sec-fetch-site': 'same-origin' },
    )
    expect([made.status, made.headers.get('location')]).toEqual([303, '/admin'])
    await stop()

    const again = await serve({ DATABASE_URL: url })
    expect((await logIn(again.base, 'ada.lovelace')).status).toBe(303)
    await again.stop()
    expect(again.said.out).not.toContain('setup')
  })

  test('makes a data folder and a database that are its user’s alone', async () => {
    const folder = newFolder()
    const { pid } = await serve({ DATABASE_URL: `file:${folder}/data/foyer.db` })
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Umask:\s+0077$/m)
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
    expect(mode(`${folder}/data`)).toBe('700')
    for (const file of readdirSync(`${folder}/data`)) expect(mode(`${folder}/data/${file}`), file).toBe('600')
  })

  test('works as a user without rights, from a folder it can’t write to', async () => {
    const root = process.getuid?.() === 0
    const folder = newFolder()
    const code = `${folder}/code`
    for (const part of ['bin', 'tools', 'src', 'views', 'public', 'prisma', 'package.json'])
      cpSync(part, `${code}/${part}`, { recursive: true })
    symlinkSync(resolve('node_modules'), `${code}/node_modules`)
    const content = readdirSync(code)
    mkdirSync(`${folder}/data`, { mode: 0o700 })
    if (root) for (const path of [folder, `${folder}/data`]) chownSync(path, NOBODY, NOBODY)
    const { base, pid } = await serve(
      { DATABASE_URL: `file:${folder}/data/foyer.db` },
      { cwd: code, ...(root && { uid: NOBODY }) },
    )
    expect(statSync(`/proc/${pid}`).uid).not.toBe(0)
    await signUpStory(base)
    expect(readdirSync(code)).toEqual(content)
  })
})

test('what is secret is in no argument and no line of the log', async () => {
  const { base, said, pid } = await startServer({ LOG_LEVEL: 'trace' }, 'sqlite')
  const { headers } = await signUp(base, 'ana.silva')
  await logIn(base, 'ana.silva')
  await post(base, '/login', { login: 'ana.silva', password: `${PASSWORD}-mistyped` })
  const cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
  const token = cookie.split('=')[1] ?? ''
  await fetch(`${base}/account?${token}`, { headers: { cookie } })
  expect(token).toHaveLength(43)
  expect(said.out).toContain('"path":"/login","status":422')
  for (const secret of [PASSWORD, token]) expect(said.out + said.err).not.toContain(secret)
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1)).toEqual([
    'bin/foyer.js',
    'serve',
    '',
  ])
})

describe('four processes that start together on an empty database all serve, and one has migrated it', () => {
  test('on SQLite', () => startTogether(`file:${newFolder()}/data/foyer.db`))

  test('on PostgreSQL 15', async () => {
    const { url, stop } = await startPostgres(15)
    onTestFinished(stop)
    await startTogether(url('postgres'))
  })

  test('on PostgreSQL 18', async () => {
    const server = inject('postgresqlUrl')
    await createDatabase(server, 'started_together')
    onTestFinished(() => dropDatabase(server, 'started_together'))
    await startTogether(new URL('started_together', server).href)
  })
})

async function startTogether(url: string) {
  const servers = await Promise.all(Array.from({ length: 4 }, () => serve({ DATABASE_URL: url })))
  const db = await openDb(url)
  onTestFinished(() => db.$disconnect())
  expect(
    await db.$queryRaw`SELECT count(*) = count(DISTINCT "migration_name") AS "once" FROM "_prisma_migrations"`,
  ).toEqual([{ once: url.startsWith('file:') ? 1n : true }])
  await Promise.all(servers.map(({ base }, i) => signUp(base, `person.number${i}x`)))
  expect(await db.user.count()).toBe(4)
  await signUpStory(servers[3]?.base ?? '')
  for (const { said } of servers) expect(said.err).toBe('')
}

/** A service in which SIGUSR2 is a mistake of ours. */
async function serveWithMistake() {
  const { url, remove } = await freshDatabase('sqlite')
  onTestFinished(remove)
  const trap = `data:text/javascript,process.on('SIGUSR2', () => { throw new Error('a mistake of ours') })`
  return serve({ DATABASE_URL: url }, { program: ['--import', trap, 'bin/foyer.js', 'serve'] })
}

test('an exception that nothing catches is logged, and the process ends with what it had begun', async () => {
  const { base, said, kill, ended } = await serveWithMistake()
  const begun = signUp(base, 'ana.silva')
  await new Promise((resolve) => setTimeout(resolve, 20))
  kill('SIGUSR2')
  expect((await begun).status).toBe(303)
  expect((await ended).code).toBe(1)
  expect(said.out).toMatch(/"level":60.*a mistake of ours/)
})

test('an exception while it stops is logged too, before the process ends at once', async () => {
  const { said, kill, ended } = await serveWithMistake()
  kill('SIGTERM')
  while (!said.out.includes('Stopping: SIGTERM')) await new Promise((resolve) => setTimeout(resolve, 10))
  kill('SIGUSR2')
  expect((await ended).code).toBe(1)
  expect(said.out).toMatch(/"level":60.*a mistake of ours/)
  expect(said.out).not.toContain('Stopped')
})
