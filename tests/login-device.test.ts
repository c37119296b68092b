import { afterEach, describe, expect, test, vi } from 'vitest'
import { newDevice } from '../src/accounts/known-device.ts'
import { hashToken, newToken } from '../src/accounts/token.ts'
import { minutes, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { countGuesses } from './support/meanwhile.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { type App, FORM, send } from './support/requests.ts'

afterEach(() => void vi.useRealTimers())

const NAME = 'anna.active'
const HOME = '192.0.2.1'
const ELSEWHERE = '198.51.100.66'
const DEVICE = 'foyer-device'

/** Anna has signed in at home before, in a browser that holds this. The clock stands still, so nothing is refilled. */
async function withAnna() {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { app, db } = await startApp()
  const { user } = await addPerson(db, NAME)
  const device = newDevice(user.id)
  await db.device.create({ data: device.row })
  return { app, db, user, known: `${DEVICE}=${device.token}`, token: device.token }
}

type Try = { password?: string; ip?: string; cookie?: string; login?: string }

const logIn = (app: App, { password = 'wrong', ip = HOME, cookie = '', login = NAME }: Try = {}) => {
  const body = new URLSearchParams({ login, password }).toString()
  return send(app, { method: 'POST', url: '/login', type: FORM, body, ip, cookie })
}

const statusOf = async (app: App, one: Try) => (await logIn(app, one)).statusCode

describe('while somebody fails a thousand times', () => {
  test.each([
    ['from elsewhere', ELSEWHERE],
    ['from the owner’s own network', HOME],
  ])(
    '%s, the owner signs in at once where they are known',
    async (_where, ip) => {
      const { app, db, known } = await withAnna()
      for (let i = 0; i < 1000; i++) await logIn(app, { ip })
      expect(await statusOf(app, { ip, password: PASSWORD })).toBe(429)
      const answer = await logIn(app, { password: PASSWORD, cookie: known })
      expect([answer.statusCode, answer.headers.location]).toEqual([303, '/account'])

      // It hands nobody else a try: not the attacker, and not the owner's browser that isn't known.
      const guesses = countGuesses(app)
      for (let i = 0; i < 20; i++) expect(await statusOf(app, { ip, password: PASSWORD })).toBe(429)
      expect(guesses.count).toBe(0)
      expect(await db.auditEvent.count({ where: { event: 'session.started' } })).toBe(1)
    },
    60_000,
  )

  test('there, they may mistype as often as anybody, whatever is spent around them', async () => {
    const { app, known } = await withAnna()
    for (let i = 0; i < 60; i++) await logIn(app)
    for (let i = 0; i < 10; i++) expect(await statusOf(app, { cookie: known })).toBe(422)
    expect(await statusOf(app, { cookie: known, password: PASSWORD })).toBe(429)
    vi.setSystemTime(now() + minutes(1))
    expect(await statusOf(app, { cookie: known, password: PASSWORD })).toBe(303)
  })
})

describe('what a browser holds', () => {
  test('gives ten tries to who has stolen it, however often they come by other networks', async () => {
    const { app, known } = await withAnna()
    const guesses = countGuesses(app)
    for (let i = 0; i < 40; i++) await logIn(app, { cookie: known, ip: `10.0.0.${i}` })
    expect(guesses.count).toBe(10)
  })

  test('for one account gives nothing for another', async () => {
    const { app, db, known } = await withAnna()
    const eva = await addPerson(db, 'eva.other')
    await addAuthenticator(app, eva.user)
    await db.device.updateMany({ data: { trustedUntil: new Date(now() + minutes(60)) } })
    for (let i = 0; i < 10; i++) expect(await statusOf(app, { login: 'eva.other' })).toBe(422)
    expect(await statusOf(app, { login: 'eva.other', cookie: known })).toBe(429)
    const answer = await logIn(app, { login: 'eva.other', cookie: known, password: PASSWORD, ip: ELSEWHERE })
    // Nor is Eva let off the second step in a browser that Anna trusts.
    expect(answer.headers.location).toBe('/login/two-factor')
    expect(answer.cookies.map(({ name }) => name)).toEqual(['foyer-two-factor'])
  })

  test('counts for each of the accounts that have signed in there', async () => {
    const { app, db, token } = await withAnna()
    const eva = await addPerson(db, 'eva.other')
    const device = newDevice(eva.user.id)
    await db.device.create({ data: device.row })
    for (const login of [NAME, 'eva.other']) for (let i = 0; i < 30; i++) await logIn(app, { login })
    const cookie = `${DEVICE}=${token}.${device.token}`
    for (const login of [NAME, 'eva.other'])
      expect(await statusOf(app, { login, cookie, password: PASSWORD })).toBe(303)
  })

  test('is harmless if it is planted, garbled or there twice: as from a browser that isn’t known', async () => {
    const { app, db, user, known, token } = await withAnna()
    await addAuthenticator(app, user)
    await db.device.updateMany({ data: { trustedUntil: new Date(now() + minutes(60)) } })
    const others = Array.from({ length: 5 }, newToken)
    const garbage = [
      ...[
        `${DEVICE}=`,
        DEVICE,
        `${DEVICE}=.`,
        `${DEVICE}=....`,
        `${DEVICE}=a`,
        `${DEVICE}=${'a'.repeat(43)}`,
      ],
      ...[
        `${DEVICE}=${newToken()}`,
        `${DEVICE}=${token}a`,
        `${DEVICE}=${token.slice(1)}`,
        `${DEVICE}="${token}`,
      ],
      ...[
        `${DEVICE}=%00${token}`,
        `${DEVICE}=%ff%fe`,
        `${DEVICE}=%`,
        `${DEVICE}=\xff\xfe`,
        `${DEVICE}=__proto__`,
      ],
      ...[
        `${DEVICE}=' OR 1=1--`,
        `${DEVICE}[]=${token}`,
        `Foyer-Device=${token}`,
        `__Host-${DEVICE}=${token}`,
      ],
      ...[
        `${known}; ${known}`,
        `${known}; ${DEVICE}=x`,
        `${DEVICE} =x; ${known}`,
        `${DEVICE}=${'a.'.repeat(2000)}`,
      ],
      // More accounts than a browser is known to.
      `${DEVICE}=${[...others, token].join('.')}`,
      `${DEVICE}=${Buffer.from(hashToken(token)).toString('base64url')}`,
    ]
    for (const [i, cookie] of garbage.entries()) {
      const answer = await logIn(app, { cookie, password: PASSWORD, ip: `10.0.0.${i}` })
      expect([answer.statusCode, answer.headers.location], cookie).toEqual([303, '/login/two-factor'])
    }
    const answer = await logIn(app, { cookie: `theme=dark; ${known}; x=y`, password: PASSWORD })
    expect(answer.headers.location).toBe('/account')
  })

  test('is given anew where a planted one was, and keeps those of other accounts', async () => {
    const { app, db, token } = await withAnna()
    const eva = await addPerson(db, 'eva.other')
    const planted = newToken()
    const cookie = `${DEVICE}=${planted}.${token}`
    const answer = await logIn(app, { login: 'eva.other', cookie, password: PASSWORD })
    const [made, ...kept] = answer.cookies.find(({ name }) => name === DEVICE)?.value.split('.') ?? []
    expect(kept).toEqual([planted, token])
    expect(made).not.toBe(planted)
    const devices = await db.device.findMany({ where: { userId: eva.user.id } })
    expect(devices.map(({ tokenHash }) => Buffer.from(tokenHash))).toEqual([
      Buffer.from(hashToken(made ?? '')),
    ])
  })
})
