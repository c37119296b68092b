import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Db } from '../src/db/client.ts'
import { minutes } from '../src/time.ts'
import { withAdmin } from './support/admins.ts'
import { startApp } from './support/app.ts'
import { parseCsv } from './support/csv.ts'
import { addPerson } from './support/people.ts'
import { listening } from './support/raw.ts'

const COLUMNS = 'username,name,email,role,status,createdAt,lastSeenAt,emailProven,twoFactor,id'

/** So many people at once, each with a number and what else is given. */
async function addMany(db: Db, count: number, traits: object = {}) {
  const numbered = Array.from({ length: count }, (_, i) => `person-${String(i).padStart(5, '0')}`)
  await db.user.createMany({
    data: numbered.map((username) => ({
      ...{ username, usernameSkeleton: username, passwordHash: '', passwordChangedAt: new Date(), ...traits },
    })),
  })
}

/** The people of a file of CSV, each by the names of the columns. */
function peopleIn(file: string) {
  const [columns = [], ...records] = parseCsv(file.replace(/^\uFEFF/, ''))
  return records.map((record) => Object.fromEntries(columns.map((column, i) => [column, record[i]])))
}

const trail = async (db: Db) =>
  (await db.auditEvent.findMany({ where: { event: { startsWith: 'people.' } }, orderBy: { id: 'asc' } })).map(
    ({ event, actor, detail }) => ({ event, actor, detail }),
  )

describe('the list of people as a file', () => {
  test('is what the page shows, filters and search and all, and more than a page of it', async () => {
    const { mira, db } = await withAdmin()
    await addMany(db, 1_200)
    await db.user.updateMany({ where: { username: { endsWith: '7' } }, data: { status: 'suspended' } })
    await mira.visit('/admin/users?status=suspended&q=PERSON-0')
    await mira.click('Download CSV')
    expect(mira.answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="people.csv"',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    const wanted = await db.user.findMany({ where: { status: 'suspended' }, orderBy: { id: 'desc' } })
    expect(wanted).toHaveLength(120)
    expect(peopleIn(mira.answer.body)).toEqual(
      wanted.map(({ username, role, status, createdAt, lastSeenAt, id }) => ({
        ...{ username, name: '', email: '', role, status, id, emailProven: 'false', twoFactor: 'false' },
        ...{ createdAt: createdAt.toISOString(), lastSeenAt: lastSeenAt.toISOString() },
      })),
    )
    const everybody = await mira.request('GET', '/admin/users.csv')
    expect(peopleIn(everybody.body)).toHaveLength(1_201)
    expect(everybody.body.split('\r\n')[0]).toBe(`\uFEFF${COLUMNS}`)
  })

  test('is there as lines of JSON', async () => {
    const { mira, db, person } = await withAdmin()
    const ana = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
    await db.user.update({
      where: { id: ana.user.id },
      data: { name: 'Ana "A" Silva\n=1', lastSeenAt: new Date(0), twoFactor: true },
    })
    const { body, headers } = await mira.request('GET', '/admin/users.jsonl')
    expect(headers).toMatchObject({
      'content-type': 'application/jsonl; charset=utf-8',
      'content-disposition': 'attachment; filename="people.jsonl"',
    })
    const [first, second, end] = body.split('\n')
    expect(JSON.parse(String(first))).toEqual({
      ...{ username: 'ana.silva', name: 'Ana "A" Silva\n=1', email: 'ana@example.org', role: 'member' },
      ...{ status: 'active', createdAt: ana.user.createdAt.toISOString(), lastSeenAt: null },
      ...{ emailProven: true, twoFactor: true, id: ana.user.id },
    })
    expect(second).toMatch(
      new RegExp(`"emailProven":false,"twoFactor":false,"id":"${(await person('mira.okafor')).id}"}$`),
    )
    expect(end).toBe('')
  })

  test('runs nothing in a spreadsheet', async () => {
    const { mira, db } = await withAdmin()
    const name = '=HYPERLINK("https://example.org","me")'
    await addMany(db, 1, { name })
    await mira.request('GET', '/admin/users.csv')
    expect(peopleIn(mira.answer.body)[0]).toMatchObject({ name: `'${name}` })
  })

  test('goes on where a part of it ended', async () => {
    const { mira, db } = await withAdmin()
    await addMany(db, 30)
    const whole = (await mira.request('GET', '/admin/users.csv')).body
    const part = whole.split('\r\n').slice(0, 11)
    const last = part.at(-1)?.split(',').at(-1)
    const rest = (await mira.request('GET', `/admin/users.csv?after=${last}`)).body
    expect(`${part.join('\r\n')}\r\n${rest}`).toBe(whole)
  })

  test.each(['after=x', 'sort=username', 'status=nobody', 'page=2'])(
    'refuses the address ?%s',
    async (query) => {
      const { mira } = await withAdmin()
      expect((await mira.request('GET', `/admin/users.csv?${query}`)).statusCode).toBe(400)
    },
  )

  test('is not made to be thrown away', async () => {
    const { app, db } = await startApp()
    const { cookie } = await addPerson(db, 'ada.admin', { role: 'admin' })
    const headers = { host: 'localhost:3000', cookie }
    expect((await app.inject({ method: 'HEAD', url: '/admin/users.csv', headers })).statusCode).toBe(405)
    expect(await trail(db)).toEqual([])
  })

  test('is for administrators, who are offered it', async () => {
    const { mira, visitor, db } = await withAdmin()
    await mira.visit('/admin/users')
    expect(mira.text()).toContain('Download CSV')
    const sue = visitor()
    await sue.signUp('sue.support')
    await db.user.update({ where: { username: 'sue.support' }, data: { role: 'support' } })
    await sue.visit('/admin/users')
    expect(sue.text()).not.toContain('Download CSV')
    expect((await sue.request('GET', '/admin/users.csv')).statusCode).toBe(403)
    expect(await trail(db)).toEqual([])
  })

  test('is noted with what was asked for but whom, and how many went out', async () => {
    const { mira, db, person } = await withAdmin()
    await addMany(db, 3)
    await mira.request('GET', '/admin/users.jsonl?q=person&status=active')
    const { id: actor } = await person('mira.okafor')
    expect(await trail(db)).toEqual([
      { event: 'people.exported', actor, detail: { file: 'users.jsonl?q=*&status=active' } },
      { event: 'people.export-ended', actor, detail: { people: '3', whole: 'yes' } },
    ])
  })
})

describe('a long download', () => {
  /** An administrator's answer, of which nothing is read yet. Each person has a name that is far too long. */
  async function begin() {
    const { app, db } = await startApp()
    const { cookie } = await addPerson(db, 'ada.admin', { role: 'admin' })
    await addMany(db, 3_000, { name: 'x'.repeat(10_000) })
    const port = await listening(app)
    const connected = once(app.server, 'connection')
    const headers = { cookie, host: 'localhost:3000' }
    const request = get({ port, host: '127.0.0.1', path: '/admin/users.csv', headers })
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    const [socket] = (await connected) as [Socket]
    return { app, db, socket, answer: answer.on('error', () => {}), request: request.on('error', () => {}) }
  }

  const ended = async (db: Db) => (await trail(db)).filter(({ event }) => event === 'people.export-ended')

  test('waits for who reads it, serves others meanwhile, and ends when they go away', async () => {
    const { app, db, request } = await begin()
    const all = await db.user.count()
    for (let i = 0; i < 100; i++) expect((await app.inject('/healthz')).statusCode).toBe(200)
    expect(await ended(db)).toEqual([])
    request.destroy()
    while (!(await ended(db)).length) await sleep(10)
    const [{ detail } = {}] = await ended(db)
    expect(detail).toEqual({ people: expect.any(String), whole: 'no' })
    expect(Number((detail as { people: string }).people)).toBeLessThan(all)
  })

  test('may be silent for minutes, until it comes to the next who fit', async () => {
    const { socket, request } = await begin()
    expect(socket.timeout).toBe(minutes(5))
    request.destroy()
  })

  test('that breaks off is known to be no whole file', async () => {
    const { db, answer } = await begin()
    await db.$executeRawUnsafe('ALTER TABLE "User" RENAME TO "Elsewhere"')
    await expect(text(answer)).rejects.toThrow('aborted')
    expect(await ended(db)).toMatchObject([{ detail: { whole: 'no' } }])
  })
})
