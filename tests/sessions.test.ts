import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { newDevice } from '../src/accounts/known-device.ts'
import { newSession, type SignedIn } from '../src/accounts/session.ts'
import { newToken } from '../src/accounts/token.ts'
import type { Db } from '../src/db/client.ts'
import { logOut } from '../src/features/login/log-out.ts'
import { endSession } from '../src/features/sessions/end-sessions.ts'
import { days, hours, minutes, now, seconds } from '../src/time.ts'
import { anotherProcess } from './support/another-process.ts'
import { startApp } from './support/app.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { type App, FORM, send } from './support/requests.ts'

afterEach(() => void vi.useRealTimers())

const cookieOf = (token: string) => `foyer-session=${token}`
const isIn = async (app: App, cookie: string) =>
  (await send(app, { url: '/account', cookie })).statusCode === 200
const logIn = (app: App, cookie = '') =>
  send(app, {
    method: 'POST',
    url: '/login',
    type: FORM,
    body: `login=anna.active&password=${PASSWORD}`,
    cookie,
  })

/** Only the clock is false: timers run, so that the database does too. */
function at(time: number) {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(time)
}

describe('a session token', () => {
  test('is 256 random bits, never the same twice', () => {
    const tokens = Array.from({ length: 10_000 }, newToken)
    expect(new Set(tokens).size).toBe(10_000)
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  })

  test('comes from the cookie and from nowhere else', async () => {
    const { app, db } = await startApp()
    const { token, cookie } = await addPerson(db, 'anna.active')
    expect(await isIn(app, cookie)).toBe(true)
    const elsewhere = [
      { url: `/account?foyer-session=${token}` },
      { url: `/account;foyer-session=${token}` },
      { url: `/account?session=${token}&token=${token}` },
      ...['authorization', 'x-session', 'foyer-session', 'x-foyer-session', 'set-cookie', 'cookie2'].map(
        (name) => ({
          url: '/account',
          headers: { [name]: name === 'authorization' ? `Bearer ${token}` : cookie },
        }),
      ),
    ]
    for (const request of elsewhere)
      expect((await send(app, request)).statusCode, JSON.stringify(request)).not.toBe(200)
    const posted = { method: 'POST', url: '/account/name', type: FORM, body: `name=x&foyer-session=${token}` }
    expect((await send(app, posted)).headers.location).toBe('/login?return_to=%2Faccount%2Fname')
  })

  test('that is garbage makes a visitor, not an error', async () => {
    const { app, db } = await startApp()
    const { token, cookie } = await addPerson(db, 'anna.active')
    const garbage = [
      ...['', '=', ';', ';;;', 'foyer-session', 'foyer-session=', cookieOf('a'), cookieOf('a'.repeat(43))],
      ...[
        cookieOf(`${token}a`),
        cookieOf(token.slice(1)),
        cookieOf(`"${token}`),
        cookieOf(`%00${token}`),
        cookieOf('%ff%fe'),
      ],
      ...[
        cookieOf('%'),
        cookieOf('\xff\xfe'),
        cookieOf("' OR 1=1--"),
        cookieOf('__proto__'),
        `Foyer-Session=${token}`,
      ],
      ...[`__Host-foyer-session=${token}`, `${cookie}; ${cookieOf('b'.repeat(43))}`, `${cookie}; ${cookie}`],
      ...[`${cookieOf('b'.repeat(43))}; ${cookie}`, `foyer-session[]=${token}`, cookieOf('a'.repeat(4000))],
      ...[
        `${cookie}; foyer-session =${token}`,
        `foyer-session =b; ${cookie}`,
        `${cookie};\tfoyer-session\t=b`,
      ],
    ]
    for (const bad of garbage) {
      const answer = await send(app, { url: '/account', headers: { cookie: bad } })
      expect(answer.statusCode, bad).toBe(303)
      expect(answer.headers.location, bad).toBe('/login?return_to=%2Faccount')
    }
    expect(await isIn(app, `theme=dark; ${cookie}; x=${token}`)).toBe(true)
  })
})

describe('signing in', () => {
  test('makes a new session: a cookie that was there before never becomes one', async () => {
    const { app, db } = await startApp()
    await addPerson(db, 'anna.active')
    const planted = newToken()
    const answer = await logIn(app, cookieOf(planted))
    const token = answer.cookies[0]?.value ?? ''
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(token).not.toBe(planted)
    expect(await isIn(app, cookieOf(planted))).toBe(false)
    expect(await isIn(app, cookieOf(token))).toBe(true)
    expect((await logIn(app)).cookies[0]?.value).not.toBe(token)
  })
})

describe('signing out', () => {
  test('ends the session on the server, and leaves nothing for the Back button', async () => {
    const { app, db } = await startApp()
    const { cookie, sessionId } = await addPerson(db, 'anna.active')
    expect((await send(app, { url: '/account', cookie })).headers['cache-control']).toBe('no-store')

    const answer = await send(app, { method: 'POST', url: '/logout', type: FORM, body: '', cookie })
    expect(answer.headers['clear-site-data']).toBe('"cache", "storage"')
    expect(answer.cookies.find(({ name }) => name === 'foyer-session')).toMatchObject({ value: '' })
    expect(await isIn(app, cookie)).toBe(false)
    expect(await db.session.count({ where: { id: sessionId } })).toBe(0)
  })

  const byItself = (db: Db, member: SignedIn) => logOut(db, member, source)
  const fromElsewhere = (db: Db, { session, user }: SignedIn, here: SignedIn['session']) =>
    endSession(db, { session: here, user }, session, source)
  test.each([
    ['by itself', byItself, 200],
    ['from another device', fromElsewhere, 1000],
  ] as const)(
    'is final, %s, though the same session is in use at that moment',
    async (_way, end, times) => {
      const { app, db } = await startApp()
      const { user } = await addPerson(db, 'anna.active')
      const here = await db.session.findFirstOrThrow()
      for (let i = 0; i < times; i++) {
        const { token, row } = newSession(user, true, source)
        // Long enough ago for its use to be written down.
        const session = { ...row, lastSeenAt: new Date(now() - minutes(2)) }
        await db.session.create({ data: session })
        const looks = [isIn(app, cookieOf(token)), isIn(app, cookieOf(token))]
        for (let turns = 0; turns < i % 20; turns++) await setImmediate()
        await Promise.all([...looks, end(db, { session, user }, here)])
        expect(await db.session.count({ where: { id: row.id } })).toBe(0)
      }
    },
    120_000,
  )
})

describe('a session ends by itself', () => {
  const kinds = [
    { role: 'member', remember: false, idle: hours(12), absolute: hours(24) },
    { role: 'member', remember: true, idle: days(7), absolute: days(30) },
    { role: 'admin', remember: false, idle: hours(1), absolute: hours(24) },
    { role: 'admin', remember: true, idle: hours(1), absolute: hours(24) },
  ] as const

  for (const { role, remember, idle, absolute } of kinds)
    test(`${role}, ${remember ? '' : 'not '}remembered: after ${idle / hours(1)} h unused, ${absolute / hours(1)} h in all`, async () => {
      const { app, db } = await startApp()
      const { user } = await addPerson(db, 'anna.active', { role })
      const start = now()
      const begin = async () => {
        at(start)
        // A browser that is known, and let off the second step, stays in no longer.
        const device = newDevice(user.id, true).row
        await db.device.create({ data: device })
        const { token, row } = newSession(user, remember, source, { deviceId: device.id })
        await db.session.create({ data: row })
        return cookieOf(token)
      }
      const unused = await begin()
      at(start + idle - seconds(1))
      expect(await isIn(app, unused)).toBe(true)
      at(start + idle - seconds(1) + idle)
      expect(await isIn(app, unused)).toBe(false)

      const used = await begin()
      const step = idle * 0.9
      for (let time = start + step; time < start + absolute; time += step) {
        at(time)
        expect(await isIn(app, used)).toBe(true)
      }
      at(start + absolute - seconds(1))
      expect(await isIn(app, used)).toBe(true)
      at(start + absolute)
      expect(await isIn(app, used)).toBe(false)
    })
})

describe('what changes about a person', () => {
  test('counts from the next request on, in every process', async () => {
    const { app, db } = await startApp()
    const other = await anotherProcess(app)
    const { user, cookie } = await addPerson(db, 'anna.active', { role: 'admin' })
    const status = async () =>
      Promise.all([app, other].map(async (one) => (await send(one, { url: '/admin', cookie })).statusCode))
    expect(await status()).toEqual([200, 200])

    await db.user.update({ where: { id: user.id }, data: { role: 'member' } })
    expect(await status()).toEqual([403, 403])
    await db.user.update({ where: { id: user.id }, data: { role: 'admin' } })
    expect(await status()).toEqual([200, 200])
    for (const status of ['suspended', 'pending', 'closing'] as const) {
      await db.user.update({ where: { id: user.id }, data: { status } })
      for (const one of [app, other]) expect(await isIn(one, cookie)).toBe(false)
    }
  })

  test('a suspension ends the sessions for good', async () => {
    const { app, db } = await startApp()
    const admin = await addPerson(db, 'ada.admin', { role: 'admin' })
    const { user, cookie } = await addPerson(db, 'anna.active')
    const post = (action: string) =>
      send(app, {
        method: 'POST',
        url: `/admin/users/${user.id}/${action}`,
        type: FORM,
        body: '',
        cookie: admin.cookie,
      })
    expect((await post('suspend')).statusCode).toBe(303)
    expect(await isIn(app, cookie)).toBe(false)
    expect((await post('restore')).statusCode).toBe(303)
    expect(await isIn(app, cookie)).toBe(false)
  })
})
