import { setTimeout as sleep } from 'node:timers/promises'
import argon2 from 'argon2'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { anotherProcess } from './support/another-process.ts'
import { startApp } from './support/app.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { type Answer, type App, everythingIn, FORM, JSON_TYPE, send } from './support/requests.ts'

type Try = { password?: string; ip?: string; type?: string }

function logIn(app: App, login: string, { password = 'wrong', ip = '192.0.2.1', type = FORM }: Try = {}) {
  const body =
    type === FORM ? new URLSearchParams({ login, password }).toString() : JSON.stringify({ login, password })
  return send(app, { method: 'POST', url: '/login', type, body, ip })
}

/** So many wrong tries, one after another; the statuses they got. */
async function tries(app: App, times: number, login: string, options: Try = {}) {
  const statuses: number[] = []
  for (let i = 0; i < times; i++) statuses.push((await logIn(app, login, options)).statusCode)
  return statuses
}

const count = (answers: Answer[], status: number) =>
  answers.filter(({ statusCode }) => statusCode === status).length

// The clock stands still: nothing is refilled, however long a machine takes.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const TEN_THEN_NO_MORE = [...Array(10).fill(422), 429]

describe('guessing passwords', () => {
  test('of one account: of thirty tries at once ten are weighed, and no other costs a hash', async () => {
    const { app, db } = await startApp()
    await addPerson(db, 'anna.active')
    const before = app.passwords.counts.verifications
    const answers = await Promise.all(Array.from({ length: 30 }, () => logIn(app, 'anna.active')))
    expect([count(answers, 422), count(answers, 429)]).toEqual([10, 20])
    expect(app.passwords.counts.verifications - before).toBe(10)
  })

  test('of many accounts from one network: of sixty tries fifty are weighed', async () => {
    const { app } = await startApp()
    const answers: Answer[] = []
    // Ten at once: more than the hashes can keep up with would be turned away as a crowd.
    for (let i = 0; i < 60; i += 10)
      answers.push(
        ...(await Promise.all(Array.from({ length: 10 }, (_, n) => logIn(app, `somebody${i + n}`)))),
      )
    expect([count(answers, 422), count(answers, 429)]).toEqual([50, 10])
  })

  test('is not helped by signing in oneself: a success gives its own try back and no more', async () => {
    const { app, db } = await startApp()
    await addPerson(db, 'anna.active')
    await tries(app, 9, 'anna.active')
    for (let i = 0; i < 5; i++)
      expect((await logIn(app, 'anna.active', { password: PASSWORD })).statusCode).toBe(303)
    expect(await tries(app, 2, 'anna.active')).toEqual([422, 429])
    expect((await logIn(app, 'anna.active', { password: PASSWORD })).statusCode).toBe(429)
  })

  test('is not helped by other spellings of the name, whether or not there is such an account', async () => {
    const { app, db } = await startApp()
    await addPerson(db, 'anna.active', { email: 'anna@example.org' })
    for (const name of ['anna.active', 'nobody.here']) {
      const [first = '', ...rest] = name
      const spellings = [
        name,
        name.toUpperCase(),
        ` ${name} `,
        `${first.toUpperCase()}${rest.join('')}`,
        `${name}\t`,
      ]
      // Full-width letters are the same letters to RFC 8265.
      spellings.push(name.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)))
      const statuses: number[] = []
      for (let i = 0; i < 11; i++) statuses.push((await logIn(app, spellings[i % 6] ?? '')).statusCode)
      expect(statuses, name).toEqual(TEN_THEN_NO_MORE)
    }
    // The account's tries are spent by its proven address too, which is not told: it only stops working.
    expect((await logIn(app, 'Anna@EXAMPLE.org', { password: PASSWORD })).statusCode).toBe(422)
  })

  test('is not helped by other spellings of the network', async () => {
    const { app, db } = await startApp()
    const sixes = [
      '2001:db8:0:1::1',
      '2001:db8:0:1:ffff::2',
      '2001:0DB8:0000:0001::3',
      '2001:db8:0:1:1:2:3:4',
    ]
    const fours = ['192.0.2.9', '::ffff:192.0.2.9', '::ffff:c000:209', '0:0:0:0:0:ffff:192.0.2.9']
    for (const [i, addresses] of [sixes, fours].entries()) {
      await addPerson(db, `person${i}`)
      const statuses: number[] = []
      for (let n = 0; n < 11; n++)
        statuses.push((await logIn(app, `person${i}`, { ip: addresses[n % 4] ?? '' })).statusCode)
      expect(statuses, addresses[0]).toEqual(TEN_THEN_NO_MORE)
    }
    expect((await logIn(app, 'person0', { ip: '2001:db8:0:2::1' })).statusCode).toBe(422)
    expect((await logIn(app, 'person1', { ip: '192.0.2.10' })).statusCode).toBe(422)
  })

  test('is not helped by JSON, another process or a restart', async () => {
    const { app, db } = await startApp()
    await addPerson(db, 'anna.active')
    await tries(app, 4, 'anna.active')
    await tries(app, 3, 'anna.active', { type: JSON_TYPE })
    const other = await anotherProcess(app)
    expect(await tries(other, 4, 'anna.active')).toEqual([422, 422, 422, 429])
    expect(await tries(app, 1, 'anna.active')).toEqual([429])
  })

  test('is told to wait in the same words, whether or not there is such an account', async () => {
    const { app, db } = await startApp()
    await addPerson(db, 'anna.active')
    const paused = async (login: string, type: string) => {
      await tries(app, 10, login)
      const { statusCode, headers, body } = await logIn(app, login, { type })
      const { date: _, 'retry-after': wait, ...rest } = headers
      expect(wait).toBe('60')
      return { statusCode, rest, body: body.replaceAll(/datetime="[^"]*"/g, '') }
    }
    for (const type of [FORM, JSON_TYPE]) {
      const known = await paused('anna.active', type)
      expect(known.statusCode).toBe(429)
      expect(known.body).toContain('This is a pause, not a lock')
      expect(await paused('nobody.here', type)).toEqual(known)
    }
  })
})

test('what is throttled, foreign or no form at all costs no hash', async () => {
  const { app, db } = await startApp()
  await addPerson(db, 'anna.active')
  await tries(app, 11, 'anna.active')
  for (let i = 0; i < 25; i++) await db.throttle.upsert(full('register:192.0.2.1'))
  const before = { ...app.passwords.counts }
  const post = (url: string, body: string, headers = {}) =>
    send(app, { method: 'POST', url, type: FORM, body, headers, ip: '192.0.2.1' })

  expect((await logIn(app, 'anna.active', { password: PASSWORD })).statusCode).toBe(429)
  expect((await post('/register', `username=newcomer&password=${PASSWORD}`)).statusCode).toBe(429)
  expect((await post('/register', `username=newcomer&password=short`)).statusCode).toBe(422)
  expect((await post('/register', `username=&password=${PASSWORD}`)).statusCode).toBe(422)
  expect((await post('/login', 'login=anna.active&password=')).statusCode).toBe(422)
  expect((await post('/login', 'login=anna.active&password=a&password=b')).statusCode).toBe(422)
  expect((await post('/setup', `username=newcomer&password=${PASSWORD}`)).statusCode).toBe(410)
  for (const url of ['/login', '/register'])
    expect(
      (await post(url, `login=a&password=${PASSWORD}`, { 'sec-fetch-site': 'cross-site' })).statusCode,
    ).toBe(403)
  expect(app.passwords.counts).toEqual(before)
})

/** A budget that is used up for an hour. */
function full(key: string) {
  const tat = BigInt(Date.now() + 3_600_000)
  return { where: { key }, create: { key, tat }, update: { tat } }
}

describe('a sign-in that fails', () => {
  test('looks the same for an unknown name, a wrong password and a suspended account, after one hash each', async () => {
    const { app, db } = await startApp()
    await addPerson(db, 'anna.active')
    await addPerson(db, 'sue.suspended', { status: 'suspended' })
    await addPerson(db, 'pia.pending', { status: 'pending' })
    for (const type of [FORM, JSON_TYPE]) {
      const answers = []
      for (const [login, password] of [
        ['nobody.here', PASSWORD],
        ['anna.active', 'wrong'],
        ['anna.active', 'w\u0000rong'],
        ['sue.suspended', PASSWORD],
        ['pia.pending', PASSWORD],
        ['no name', PASSWORD],
        ['nobody@example.org', PASSWORD],
      ] as const) {
        const before = app.passwords.counts.verifications
        const { statusCode, headers, body } = await logIn(app, login, { password, type })
        expect(app.passwords.counts.verifications - before, login).toBe(1)
        const { date: _, 'content-length': __, ...rest } = headers
        answers.push({ statusCode, rest, body: body.replaceAll(login, 'NAME') })
      }
      expect(answers[0]?.statusCode).toBe(422)
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    }
  })
})

describe('a password stored with weaker settings', () => {
  const weak = () => argon2.hash(PASSWORD, { memoryCost: 1024, timeCost: 2, parallelism: 1 })

  test('is stored anew when its owner signs in, and only then', async () => {
    const { app, db } = await startApp()
    const { user } = await addPerson(db, 'anna.active', { hash: await weak() })
    const stored = async () => (await db.user.findUniqueOrThrow({ where: { id: user.id } })).passwordHash
    await logIn(app, 'anna.active')
    expect(await stored()).toBe(user.passwordHash)
    await logIn(app, 'anna.active', { password: PASSWORD })
    expect(await stored()).toContain('m=19456')
    const settled = await stored()
    expect((await logIn(app, 'anna.active', { password: PASSWORD })).statusCode).toBe(303)
    expect(await stored()).toBe(settled)
    expect(await db.auditEvent.count({ where: { event: 'password.rehashed', subjectId: user.id } })).toBe(1)
  })

  test('never comes back over one that is changed meanwhile', async () => {
    const { app, db } = await startApp()
    const hash = await weak()
    for (let i = 0; i < 50; i++) {
      const { user } = await addPerson(db, `person${i}`, { hash })
      const changed = `$argon2id$changed-${i}`
      const change = async () => {
        await sleep(i)
        await db.user.update({ where: { id: user.id }, data: { passwordHash: changed } })
      }
      await Promise.all([logIn(app, `person${i}`, { password: PASSWORD, ip: `10.0.0.${i}` }), change()])
      expect((await db.user.findUniqueOrThrow({ where: { id: user.id } })).passwordHash).toBe(changed)
    }
  })
})

test('a try that the form itself refuses takes nothing from the budget', async () => {
  const { app, db } = await startApp()
  const before = await everythingIn(db)
  expect(new Set(await tries(app, 15, ''))).toEqual(new Set([422]))
  expect(await everythingIn(db)).toBe(before)
})
