import { afterEach, describe, expect, inject, test, vi } from 'vitest'
import { addUp, countPeople, countsOf, lastDays, startAddingUp } from '../src/accounts/tally.ts'
import { noteHealth } from '../src/features/overview/health.ts'
import { days, hours } from '../src/time.ts'
import { withAdmin } from './support/admins.ts'
import { startApp } from './support/app.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { addPerson } from './support/people.ts'

afterEach(() => void vi.useRealTimers())

/** From the noon of a Monday (UTC), so that a story is over on the day it began. */
const startDay = () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T12:00:00Z') })
}
const goOn = (ms: number) => void vi.setSystemTime(Date.now() + ms)

describe('who is not an administrator', () => {
  test('is told so, and may sign in as someone else', async () => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await ana.visit('/admin/users')
    expect(ana.answer.statusCode).toBe(403)
    expect(ana.headline).toBe('You can’t open this page')
    expect(ana.text()).toContain('ana.silva')
    await ana.press('Sign in as someone else')
    expect(ana.path).toBe('/login')
  })
})

describe('the overview', () => {
  test('counts sign-ups by day, and how many of them confirmed their address, whenever they did', async () => {
    startDay()
    const { db, mira } = await withAdmin()
    const { user: ana } = await addPerson(db, 'ana.silva')
    await addPerson(db, 'ben.okri', { email: 'ben@example.org' })
    goOn(days(1))
    await addPerson(db, 'cleo.dunn')
    await db.user.update({ where: { id: ana.id }, data: { provenEmailKey: 'ana@example.org' } })
    await mira.logIn('mira.okafor')
    const { days: counted, numbers } = (await mira.json('GET', '/admin')).json()
    expect(counted.slice(-3)).toEqual([
      { day: '2026-11-22', signUps: 0, confirmed: 0 },
      { day: '2026-11-23', signUps: 3, confirmed: 2 },
      { day: '2026-11-24', signUps: 1, confirmed: 0 },
    ])
    expect(counted).toHaveLength(30)
    expect(numbers.signUps).toEqual({ now: 4, before: 0 })
    expect(numbers.confirmed).toEqual({ now: 50 })
    goOn(days(7))
    await mira.logIn('mira.okafor')
    expect((await mira.json('GET', '/admin')).json().numbers.signUps).toEqual({ now: 0, before: 4 })
  })

  test('shows each number with what it was before, a chart, and its table', async () => {
    startDay()
    const { visitor, mira } = await withAdmin()
    await visitor().signUp('ana.silva')
    await mira.visit('/admin')
    expect(mira.headline).toBe('Overview')
    expect(mira.text('.stats')).toMatch(/People\s*2\s*Signed up this week\s*2\s*The week before: 0/)
    expect(mira.text('svg title')).toBe(
      'Sign-ups per day, 25 Oct to 23 Nov. 2 in all, most on 23 Nov with 2. A table follows.',
    )
    expect(mira.text('tbody tr:last-child').replace(/\s+/g, '')).toBe('23Nov20')
    expect(mira.text('[aria-labelledby=latest]')).toContain('ana.silva')
    expect(mira.text('[aria-labelledby=health]')).toMatch(/Database\s+[\d.]+ [KM]B, answers in \d+ ms/)
  })

  test('counts who was seen on a day once', async () => {
    startDay()
    const { visitor, mira } = await withAdmin()
    const ana = visitor()
    await ana.signUp('ana.silva')
    const seen = async () => (await mira.json('GET', '/admin')).json().numbers.seen
    expect(await seen()).toEqual({ now: 2, before: 0 })
    for (const pause of [hours(1), hours(1), hours(10)]) {
      goOn(pause)
      await ana.visit('/account')
    }
    await mira.logIn('mira.okafor')
    expect(await seen()).toEqual({ now: 2, before: 2 })
  })

  test('does not count as seen who was not let in', async () => {
    startDay()
    const { app, db, visitor, mira } = await withAdmin()
    const seen = async () => (await mira.json('GET', '/admin')).json().numbers.seen.now
    await addPerson(db, 'sue.suspended', { status: 'suspended' })
    await addPerson(db, 'ana.silva')
    await addUp(db)
    await db.tally.deleteMany({ where: { name: 'members.seen' } })
    app.config.signUp = 'approval'
    const wanda = visitor()
    await wanda.signUp('wanda.waiting')
    for (const [name, password] of [['wanda.waiting'], ['sue.suspended'], ['ana.silva', 'a wrong password']])
      await visitor().logIn(name ?? '', password)
    expect(await seen()).toBe(0)
    await mira.visit('/admin/requests')
    await mira.tick('Select wanda.waiting').press('Approve')
    expect(await seen()).toBe(0)
    await wanda.logIn('wanda.waiting')
    expect(wanda.path).toBe('/account')
    expect(await seen()).toBe(1)
  })

  test('counts as seen who confirms their address, and not before', async () => {
    startDay()
    const { app, db, visitor } = await startApp({ EMAIL: 'required' })
    const seen = async () => (await countsOf(db, ['members.seen'], lastDays(1)))('members.seen', '2026-11-23')
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    expect(await seen()).toBe(0)
    const [mail] = await mailOf(app)
    await ana.visit(linkIn(mail))
    await ana.press('Yes, confirm my address')
    expect(await seen()).toBe(1)
  })

  test('tells of queues and of the database what they were before', async () => {
    startDay()
    const { app, db, mira } = await withAdmin()
    const queue = async (count: number) => {
      await db.mail.deleteMany()
      const mail = { kind: 'password-changed', address: 'ana@example.org', facts: {}, dueAt: new Date() }
      await db.mail.createMany({ data: Array.from({ length: count }, () => mail) })
    }
    const parts = async () => {
      await mira.visit('/admin')
      return mira.text('[aria-labelledby=health]').replace(/\s+/g, ' ')
    }
    // More at once than are hashed at once, so that some wait.
    await Promise.all(
      Array.from({ length: app.passwords.width + 2 }, () => app.passwords.hash('a long password')),
    )
    await queue(3)
    await noteHealth(app)
    await queue(2)
    await noteHealth(app)
    expect(await parts()).toContain('2 waiting; at most 3 today, 0 yesterday')
    expect(await parts()).toMatch(/at work, 0 waiting; at most 2 today, 0 yesterday/)
    expect(await parts()).not.toContain('a week ago')
    await queue(1_205)
    expect(await parts()).toContain('1,205 waiting; at most 1,205 today, 0 yesterday')
    goOn(days(1))
    await mira.logIn('mira.okafor')
    expect(await parts()).toContain('1,205 waiting; at most 1,205 today, 3 yesterday')
    expect(await parts()).toMatch(/at work, 0 waiting; at most 0 today, 2 yesterday/)
    goOn(days(6))
    await mira.logIn('mira.okafor')
    expect(await parts()).toMatch(/answers in \d+ ms; a week ago [\d.]+ [KM]B/)
    const { numbers } = (await mira.json('GET', '/admin')).json()
    expect(numbers).toMatchObject({
      databaseBytes: { before: expect.any(Number) },
      busy: { now: 0, before: 0 },
    })
  })

  test('says how many requests were turned away', async () => {
    startDay()
    const { app, db, visitor, mira } = await withAdmin()
    const ana = visitor()
    await ana.signUp('ana.silva')
    for (let i = 0; i < 3; i++) await ana.visit('/admin')
    const taken: Record<string, number>[] = [{ 'requests.refused': app.turnedAway.refused }]
    const stop = startAddingUp(db, () => taken.shift() ?? {}, { error: console.error })
    await stop()
    expect((await mira.json('GET', '/admin')).json().numbers.refused).toEqual({ now: 3, before: 0 })
  })
})

describe('the counts of people', () => {
  const counted = async (db: Parameters<typeof countPeople>[0]) => {
    const of = (where: object) => db.user.count({ where })
    const [pending, active, suspended, closing] = await Promise.all(
      ['pending', 'active', 'suspended', 'closing'].map((status) => of({ status })),
    )
    const confirmed = await of({ provenEmailKey: { not: null } })
    return { pending, active, suspended, closing, confirmed, all: await of({}) }
  }

  test('are those of the accounts there are, whatever happens to them', async () => {
    const { db } = await startApp()
    const statuses = ['active', 'pending', 'suspended', 'closing'] as const
    for (let i = 0; i < 24; i++)
      await addPerson(db, `person-${i}`, {
        status: statuses[i % 4] ?? 'active',
        ...(i % 3 === 0 && { email: `person-${i}@example.org` }),
      })
    expect(await countPeople(db)).toEqual(await counted(db))
    await addUp(db)
    await db.user.updateMany({ where: { status: 'pending' }, data: { status: 'active' } })
    await db.user.updateMany({ where: { username: { contains: '2' } }, data: { provenEmailKey: null } })
    await db.user.deleteMany({ where: { username: { contains: '1' } } })
    expect(await countPeople(db)).toEqual(await counted(db))
    await addUp(db)
    expect(await countPeople(db)).toEqual(await counted(db))
    expect(await db.tallyChange.count()).toBe(0)
  })

  test('are added up once, however many do so at a time', async () => {
    const { db } = await startApp()
    await Promise.all(Array.from({ length: 12 }, (_, i) => addPerson(db, `person-${i}`)))
    await Promise.all(Array.from({ length: inject('provider') === 'sqlite' ? 4 : 8 }, () => addUp(db)))
    expect(await db.tallyChange.count()).toBe(0)
    expect(await countPeople(db)).toEqual(await counted(db))
  })
})
