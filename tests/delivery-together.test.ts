import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { localSource } from '../src/accounts/audit/audit.ts'
import { type Db, openDb } from '../src/db/client.ts'
import { deliver, startDelivery } from '../src/mail/delivery.ts'
import { post } from '../src/mail/outbox.ts'
import type { Transport } from '../src/mail/transport.ts'
import { fromNow, hours, minutes, now } from '../src/time.ts'
import { addMail, copies, startMail } from './support/outbox.ts'
import { PATIENCE } from './support/patience.ts'
import { addPerson } from './support/people.ts'

afterEach(() => void vi.useRealTimers())

const people = (count: number) => Array.from({ length: count }, (_, n) => `person${n}@example.org`)
const once = (addresses: string[]) => new Map(addresses.map((address) => [address, 1]))

const toMany = (db: Db, address: string) =>
  post(db, 'account-suspended', { address }, localSource('service'), { toMany: true })

/** Time stands still: what a budget does not hold now, it never will. */
const stopTheClock = () => void vi.useFakeTimers({ toFake: ['Date'] })

describe('several senders at once', () => {
  test('send each of 100 mails once, and count it once against the mails of an hour', async () => {
    stopTheClock()
    const { app, config, db, sink, send } = await startMail({ MAIL_PER_HOUR: '1000' })
    const addresses = people(100)
    for (const address of addresses) await toMany(db, address)

    // On PostgreSQL, as if by two processes.
    const other = inject('provider') === 'postgresql' ? await openDb(config.databaseUrl) : db
    onTestFinished(() => other.$disconnect())
    const services = [app, { ...app, db: other }, app, { ...app, db: other }]
    const stops = services.map((each) => startDelivery(each, send, app.log))
    const sent = () => db.mail.count({ where: { state: 'sent', attempts: 1 } })
    await vi.waitFor(async () => expect(await sent()).toBe(100), { ...PATIENCE, interval: 50 })
    await Promise.all(stops.map((stop) => stop()))
    expect(copies(sink.arrived)).toEqual(once(addresses))
  })

  test('take no mail that another has taken, until its two minutes are over', async () => {
    stopTheClock()
    const { app, db, sink, deliverDue } = await startMail()
    await addMail(db, 'ana@example.org')
    const held = Promise.withResolvers<unknown>()
    const reached = Promise.withResolvers<void>()
    const [slow] = await deliver(app, () => {
      reached.resolve()
      return held.promise
    })
    await reached.promise
    vi.setSystemTime(now() + minutes(2) - 1)
    expect(await deliverDue()).toBe(0)
    vi.setSystemTime(now() + 1)
    expect([await deliverDue(), sink.arrived.length]).toEqual([1, 1])

    // What the first learns after that says nothing about the mail any more.
    const { dueAt } = await db.mail.findFirstOrThrow()
    held.reject(Object.assign(new Error('550 No such user'), { responseCode: 550, command: 'RCPT TO' }))
    await slow
    expect(await db.mail.findFirst()).toMatchObject({ state: 'sent', attempts: 2, lastError: null, dueAt })
    expect(await deliverDue()).toBe(0)
  })
})

test('a database that fails while mails are taken leaves no sending behind', async () => {
  stopTheClock()
  const { app, db, sink, deliverDue } = await startMail()
  const addresses = people(2)
  for (const address of addresses) await addMail(db, address)
  let taken = 0
  const updateMany = async <Args, Result>({ args, query }: { args: Args; query: (args: Args) => Result }) => {
    if (++taken !== 2) return query(args)
    // Long enough for a sending to begin.
    await sleep(200)
    throw new Error('The database is away')
  }
  const failing = app.db.$extends({ query: { mail: { updateMany } } }) as unknown as Db
  const send = vi.fn<Transport>(async () => {})
  await expect(deliver({ ...app, db: failing }, send)).rejects.toThrow('The database is away')
  expect(send).not.toHaveBeenCalled()

  vi.setSystemTime(now() + minutes(2))
  while (await deliverDue());
  expect(copies(sink.arrived)).toEqual(once(addresses))
})

describe('limits', () => {
  test('on all mails that strangers cause delay the rest and lose none, and no notice', async () => {
    stopTheClock()
    const { db, sink, deliverDue } = await startMail({ MAIL_PER_HOUR: '20' })
    const addresses = people(6)
    for (const [n, address] of addresses.entries()) {
      await addPerson(db, `person${n}`, { email: address })
      await addMail(db, address, 'reset-password')
    }
    for (let n = 0; n < 5; n++) await addMail(db, `nobody${n}@example.org`, 'reset-password')
    const arrived = async () => {
      while (await deliverDue());
      return sink.arrived
    }
    expect(await arrived()).toHaveLength(2)
    // Those that wait are not touched, and keep their turn.
    const waiting = { state: 'waiting', attempts: 0, lastError: null } as const
    expect(await db.mail.count({ where: { ...waiting, dueAt: { lte: fromNow(0) } } })).toBe(9)
    expect(copies(sink.arrived)).toEqual(once(addresses.slice(0, 2)))
    for (let count = 3; count <= 6; count++) {
      vi.setSystemTime(now() + minutes(2))
      expect(await arrived()).toHaveLength(count - 1)
      vi.setSystemTime(now() + minutes(1))
      expect(await arrived()).toHaveLength(count)
    }
    expect(copies(sink.arrived)).toEqual(once(addresses))
    for (let n = 0; n < 4; n++) await addMail(db, 'member@example.org')
    expect(await arrived()).toHaveLength(10)
  })

  test('on mails to many people at once: one that somebody waits for leaves before them', async () => {
    stopTheClock()
    const { db, sink, deliverDue } = await startMail({ MAIL_PER_HOUR: '20' })
    for (const address of people(6)) await toMany(db, address)
    while (await deliverDue());
    expect(sink.arrived).toHaveLength(2)
    vi.setSystemTime(now() + minutes(3))
    await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
    await addMail(db, 'ana@example.org', 'reset-password')
    while (await deliverDue());
    expect(sink.arrived.slice(2).map(({ to }) => to.join())).toEqual(['ana@example.org'])
    vi.setSystemTime(now() + minutes(3))
    while (await deliverDue());
    expect(sink.arrived).toHaveLength(4)
  })

  test('on mails to many people at once withhold none, however long they wait', async () => {
    stopTheClock()
    const { db, sink, deliverDue } = await startMail({ MAIL_PER_HOUR: '1' })
    const addresses = people(3)
    for (const [n, email] of addresses.entries()) {
      const { user } = await addPerson(db, `person${n}`, { email })
      const to = { address: email, userId: user.id }
      await post(db, 'reset-password', to, localSource('service'), { toMany: true })
    }
    for (let left = addresses.length; left > 0; left--) {
      while (await deliverDue());
      vi.setSystemTime(now() + hours(73))
    }
    expect(copies(sink.arrived)).toEqual(once(addresses))
    expect(await db.mail.count({ where: { state: 'sent' } })).toBe(3)
  })

  test('on what one network asks to be sent to one address withhold the sixth, however it is spelled', async () => {
    stopTheClock()
    const { db, sink, deliverDue } = await startMail()
    await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
    const ask = async (times: number, ip: string) => {
      const spellings = ['Ana@example.org', 'ANA@example.org', 'ana@example.org']
      for (let n = 0; n < times; n++) await addMail(db, spellings[n % 3] ?? '', 'reset-password', { ip })
      while (await deliverDue());
      return sink.arrived.length
    }
    expect(await ask(7, '192.0.2.1')).toBe(5)
    expect(sink.arrived.flatMap(({ to }) => to)).toEqual(Array(5).fill('ana@example.org'))
    const withheld = await db.mail.findMany({ where: { state: 'withheld' } })
    expect(withheld.map(({ lastError }) => lastError)).toEqual(
      Array(2).fill('There were too many to this address'),
    )
    // The owner, elsewhere, is not kept from theirs; nor are there ever too many in all.
    expect(await ask(1, '198.51.100.1')).toBe(6)
    for (let network = 2; network < 6; network++) await ask(5, `198.51.100.${network}`)
    expect(sink.arrived).toHaveLength(20)
    vi.setSystemTime(now() + hours(1))
    expect(await ask(2, '192.0.2.1')).toBe(21)
  })

  test('hold for a mailbox under however many names', async () => {
    stopTheClock()
    const { sink, deliverDue, visitor } = await startMail()
    for (let n = 0; n < 8; n++) await visitor().signUp(`person${n}`, { email: `vera+${n}@example.org` })
    while (await deliverDue());
    expect(sink.arrived).toHaveLength(5)
  })
})

test('a mail that the mail server is slow to take holds no other up', async () => {
  const { app, db, sink, send } = await startMail()
  sink.mood = 'is silent after DATA'
  const reached = new Promise<void>((resolve) => {
    sink.onMail = () => resolve()
  })
  await addMail(db, 'slow@example.org')
  const stop = startDelivery(app, send, app.log)
  await reached
  sink.mood = 'is well'
  const others = people(12)
  for (const address of others) await addMail(db, address)
  await vi.waitFor(() => expect(copies(sink.arrived)).toEqual(once(others)), PATIENCE)
  // Nothing has come of it yet: they went past it.
  expect(await db.mail.findFirst({ where: { address: 'slow@example.org' } })).toMatchObject({
    ...{ state: 'waiting', attempts: 1, lastError: null },
  })
  await stop()
  expect(await db.mail.count({ where: { state: 'waiting', address: 'slow@example.org' } })).toBe(1)
})

test.each(['is silent', 'is silent after DATA', 'hangs up'] as const)(
  'a mail server that %s keeps nobody from signing up, and gets every mail when it is well',
  async (mood) => {
    const { app, db, sink, send, visitor, deliverDue } = await startMail()
    sink.mood = mood
    const stop = startDelivery(app, send, app.log)
    const addresses = people(8)
    for (const [n, email] of addresses.entries()) {
      const person = visitor({ ip: `192.0.2.${n}` })
      await person.signUp(`person.n${n}x`, { email })
      expect(person.path).toBe('/register/check-email')
      await vi.waitFor(() => expect(sink.connections).toBeGreaterThan(0), PATIENCE)
    }
    expect(await db.mail.count({ where: { state: 'waiting' } })).toBe(8)
    await stop()

    sink.mood = 'is well'
    stopTheClock()
    vi.setSystemTime(now() + hours(1))
    while (await deliverDue());
    expect(copies(sink.arrived)).toEqual(once(addresses))
    expect(await db.mail.count({ where: { state: 'sent' } })).toBe(8)
  },
)
