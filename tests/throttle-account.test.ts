import { afterEach, describe, expect, test, vi } from 'vitest'
import { minutes, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { countGuesses } from './support/meanwhile.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { type App, FORM, send } from './support/requests.ts'

afterEach(() => void vi.useRealTimers())

const NAME = 'anna.active'
const ADDRESS = 'anna@example.org'

async function withAnna() {
  const { app, db } = await startApp()
  const { user } = await addPerson(db, NAME, { email: ADDRESS })
  return { app, db, user, guesses: countGuesses(app) }
}

async function logIn(app: App, login: string, password = 'wrong') {
  const body = new URLSearchParams({ login, password }).toString()
  return (await send(app, { method: 'POST', url: '/login', type: FORM, body, ip: '192.0.2.1' })).statusCode
}

async function tries(app: App, times: number, login: string) {
  const statuses: number[] = []
  for (let i = 0; i < times; i++) statuses.push(await logIn(app, login))
  return statuses
}

describe('a network that has used up its tries', () => {
  test('leaves no trace of the names it makes up', async () => {
    const { app, db } = await startApp()
    const spent = { key: 'login:192.0.2.1', tat: BigInt(now() + minutes(60)) }
    await db.throttle.create({ data: spent })
    for (let i = 0; i < 20; i++) expect(await logIn(app, `made.up.${i}`)).toBe(429)
    expect(await db.throttle.findMany()).toEqual([spent])
    expect(await db.auditEvent.count()).toBe(0)
  })
})

describe('the username and the proven address of one account', () => {
  test('don’t tell that they are one: after ten wrong guesses by the one, the other is answered as ever', async () => {
    for (const [first, second] of [
      [NAME, ADDRESS],
      [ADDRESS, NAME],
    ] as const) {
      const { app } = await withAnna()
      expect(await tries(app, 11, first)).toEqual([...Array(10).fill(422), 429])
      expect(await tries(app, 11, second)).toEqual([...Array(10).fill(422), 429])
    }
    const { app } = await withAnna()
    expect(await tries(app, 11, 'nobody@example.org')).toEqual([...Array(10).fill(422), 429])
  })

  test('share ten guesses: the eleventh is not weighed, were it the right one, until a while later', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, guesses } = await withAnna()
    await tries(app, 5, NAME)
    await tries(app, 5, ADDRESS)
    expect(guesses.count).toBe(10)
    const hashesBefore = app.passwords.counts.verifications
    expect(await logIn(app, NAME, PASSWORD)).toBe(422)
    expect(await logIn(app, ADDRESS, PASSWORD)).toBe(422)
    expect(guesses.count).toBe(10)
    // It costs the same, so the time does not tell either.
    expect(app.passwords.counts.verifications - hashesBefore).toBe(2)

    vi.setSystemTime(now() + minutes(1))
    expect(await logIn(app, ADDRESS, PASSWORD)).toBe(303)
    expect(await logIn(app, NAME, PASSWORD)).toBe(303)
    expect(guesses.count).toBe(12)
  })
})

test('a success gives back what it took: of the network, of the name and of the account', async () => {
  // The clock stands still, so that nothing is refilled meanwhile.
  vi.useFakeTimers({ toFake: ['Date'] })
  const { app, db, user } = await withAnna()
  await tries(app, 3, NAME)
  const budgets = () => db.throttle.findMany({ orderBy: { key: 'asc' } })
  const before = await budgets()
  expect(before).toHaveLength(3)
  expect(before.map(({ key }) => key)).toEqual(
    expect.arrayContaining(['login:192.0.2.1', `login:192.0.2.1:account:${user.id}`]),
  )
  for (let i = 0; i < 3; i++) expect(await logIn(app, NAME, PASSWORD)).toBe(303)
  expect(await budgets()).toEqual(before)
})
