import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { deliver } from '../src/mail/delivery.ts'
import { openTransport, type Transport } from '../src/mail/transport.ts'
import { hours, minutes, now, seconds } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { freePort } from './support/launch.ts'
import { addMail, startMail } from './support/outbox.ts'
import { addPerson } from './support/people.ts'
import { type Mood, startSink } from './support/smtp.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const TO = 'ana@example.org'

/** Lets what is waited for at most a minute be waited for at most half a second. */
function hurryUp() {
  const timeout = AbortSignal.timeout.bind(AbortSignal)
  return vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms / 120))
}

/** A mail whose first attempt meets the mail server in this mood. */
async function attempted(mood: Mood) {
  const services = await startMail()
  const { db, sink, deliverDue } = services
  await addMail(db, TO)
  sink.mood = mood
  expect(await deliverDue()).toBe(1)
  expect(sink.connections).toBe(1)
  return { ...services, mail: await db.mail.findFirstOrThrow() }
}

describe('a fault that may pass', () => {
  const answers: [Mood, RegExp][] = [
    ['hangs up', /closed unexpectedly|ECONNRESET/],
    ['hangs up after DATA', /closed unexpectedly|ECONNRESET/],
    ['has a certificate nobody trusts', /certificate/],
    [{ at: 'AUTH', code: 535 }, /535/],
    [{ at: 'AUTH', code: 454 }, /454/],
    [{ at: 'RCPT', code: 421 }, /421/],
    [{ at: 'RCPT', code: 450 }, /450/],
    [{ at: 'DATA', code: 451 }, /451/],
    [{ at: 'DATA', code: 421 }, /421/],
  ]
  test.each(answers)('%o: the mail waits half a minute or less, and arrives once', async (mood, words) => {
    const { db, sink, deliverDue, mail } = await attempted(mood)
    expect(mail).toMatchObject({ state: 'waiting', attempts: 1, sentAt: null })
    expect(mail.lastError).toMatch(words)
    expect(mail.lastError).not.toContain('secret')
    const wait = mail.dueAt.getTime() - now()
    expect(wait).toBeGreaterThanOrEqual(seconds(15))
    expect(wait).toBeLessThanOrEqual(seconds(30))

    sink.mood = 'is well'
    vi.setSystemTime(mail.dueAt.getTime() - 1)
    expect(await deliverDue()).toBe(0)
    vi.setSystemTime(mail.dueAt)
    expect([await deliverDue(), await deliverDue()]).toEqual([1, 0])
    expect(sink.arrived.map(({ to }) => to)).toEqual([[TO]])
    const sent = await db.mail.findFirst()
    expect(sent).toMatchObject({ state: 'sent', attempts: 2, lastError: null, sentAt: mail.dueAt })
  })

  test('a server that can’t encrypt is told nothing over a network', async () => {
    const { app, db, config, sink } = await startMail()
    await addMail(db, TO)
    const send = openTransport({ ...config, mail: { ...config.mail, requireTls: true } }, app.log)
    await Promise.all(await deliver(app, send as Transport))
    expect(sink.arrived).toEqual([])
    expect(await db.mail.findFirst()).toMatchObject({
      state: 'waiting',
      lastError: expect.stringContaining('STARTTLS'),
    })
  })

  test('whose words quote the mail is noted without its link', async () => {
    const { app, db } = await startApp()
    const { user } = await addPerson(db, 'ana.silva', { email: TO })
    await addMail(db, TO, 'reset-password')
    const quoting = async ({ text }: { text: string }) => {
      throw new Error(text.slice(text.indexOf('http')))
    }
    await Promise.all(await deliver(app, quoting))
    const { lastError } = await db.mail.findFirstOrThrow()
    expect(lastError).toContain('/reset-password?token=…')
    expect(await db.token.count({ where: { userId: user.id } })).toBe(1)
  })

  const silences: Mood[] = ['is silent', 'is silent after HELO', 'is silent after DATA', 'trickles']
  test.each(silences)('%s: the server is let go of after a minute, and the mail waits', async (mood) => {
    const timeout = hurryUp()
    const { db, sink, deliverDue, mail } = await attempted(mood)
    expect(timeout).toHaveBeenCalledWith(minutes(1))
    expect(mail).toMatchObject({ state: 'waiting', attempts: 1, lastError: expect.stringMatching(/abort/i) })
    // The second attempt is to succeed, however long it takes.
    timeout.mockRestore()
    sink.mood = 'is well'
    vi.setSystemTime(mail.dueAt)
    await deliverDue()
    expect(sink.arrived).toHaveLength(1)
    expect(await db.mail.findFirst()).toMatchObject({ state: 'sent', lastError: null })
  })

  test('nobody listens: the mail waits until somebody does', async () => {
    const port = await freePort()
    const { db, deliverDue } = await startMail({ SMTP_URL: `smtp://user:secret@127.0.0.1:${port}` })
    await addMail(db, TO)
    await deliverDue()
    const mail = await db.mail.findFirstOrThrow()
    expect(mail).toMatchObject({ state: 'waiting', lastError: expect.stringContaining('ECONNREFUSED') })
    const sink = await startSink(port)
    vi.setSystemTime(mail.dueAt)
    await deliverDue()
    await sink.stop()
    expect(sink.arrived).toHaveLength(1)
  })

  test('the answer gets lost after the mail was kept: the second copy has the name of the first', async () => {
    const { sink, deliverDue, mail } = await attempted('keeps the mail and hangs up')
    sink.mood = 'is well'
    vi.setSystemTime(mail.dueAt)
    await deliverDue()
    const ids = sink.arrived.map(({ mail }) => mail.messageId)
    expect(ids).toEqual([`<${mail.id}@localhost>`, `<${mail.id}@localhost>`])
  })
})

describe('a refusal', () => {
  const refusals: [Mood, RegExp][] = [
    [{ at: 'RCPT', code: 550 }, /550/],
    [{ at: 'DATA', code: 552 }, /552/],
    [{ at: 'DATA', code: 554 }, /554/],
  ]
  test.each(refusals)('%o is final: the mail has failed and is not tried again', async (mood, words) => {
    const { db, sink, deliverDue, mail } = await attempted(mood)
    expect(mail).toMatchObject({ state: 'failed', attempts: 1, lastError: expect.stringMatching(words) })
    sink.mood = 'is well'
    vi.setSystemTime(now() + hours(2))
    expect(await deliverDue()).toBe(0)
    expect([sink.arrived.length, await db.mail.count({ where: { state: 'failed' } })]).toEqual([0, 1])
  })

  test('of one mail leaves the others alone', async () => {
    const { db, sink, deliverDue } = await attempted({ at: 'RCPT', code: 550 })
    sink.mood = 'is well'
    await addMail(db, 'bo@example.org')
    await deliverDue()
    expect(sink.arrived.map(({ to }) => to)).toEqual([['bo@example.org']])
  })
})

/** Tries the only mail there is until it has failed; answers how long was waited before each further attempt. */
async function waits({ db, deliverDue }: Awaited<ReturnType<typeof startMail>>) {
  const waits: number[] = []
  while (await deliverDue()) {
    const { state, dueAt } = await db.mail.findFirstOrThrow()
    if (state === 'failed') return waits
    waits.push(dueAt.getTime() - now())
    vi.setSystemTime(dueAt)
  }
  throw new Error('The mail is neither due nor given up')
}

describe('a mail that never gets through', () => {
  test('is tried with pauses that double up to an hour, and given up when 72 hours are over', async () => {
    const services = await startMail()
    services.sink.mood = 'hangs up'
    const { createdAt } = await addMail(services.db, TO)
    const pauses = await waits(services)
    for (const [n, pause] of pauses.entries()) {
      const longest = Math.min(seconds(30) * 2 ** n, hours(1))
      expect(pause).toBeGreaterThanOrEqual(longest / 2)
      expect(pause).toBeLessThanOrEqual(longest)
    }
    expect(new Set(pauses.slice(7)).size).toBeGreaterThan(10)
    const lasted = now() - createdAt.getTime()
    expect(lasted).toBeGreaterThan(hours(71))
    expect(lasted).toBeLessThanOrEqual(hours(72))
    const { state, attempts } = await services.db.mail.findFirstOrThrow()
    expect([state, attempts]).toEqual(['failed', pauses.length + 1])
  })

  test('is given up after an hour when the link it carries works for an hour', async () => {
    const services = await startMail()
    services.sink.mood = 'hangs up'
    await addPerson(services.db, 'ana.silva', { email: TO })
    const { createdAt } = await addMail(services.db, TO, 'reset-password')
    await waits(services)
    const lasted = now() - createdAt.getTime()
    expect(lasted).toBeGreaterThan(minutes(20))
    expect(lasted).toBeLessThanOrEqual(hours(1))
  })

  test('uses up what may be sent to its address once, not with every attempt', async () => {
    const { db, sink, deliverDue, visitor } = await startMail()
    await addPerson(db, 'olga.owner', { email: 'olga@example.org' })
    await visitor().signUp('eve.one', { email: 'olga@example.org' })
    await visitor().signUp('ana.silva', { email: TO })
    sink.mood = 'hangs up'
    for (let attempts = 1; attempts <= 8; attempts++) {
      expect(await deliverDue()).toBe(2)
      vi.setSystemTime(now() + hours(1))
    }
    sink.mood = 'is well'
    await deliverDue()
    expect(await db.mail.findMany({ select: { state: true } })).toEqual([
      { state: 'sent' },
      { state: 'sent' },
    ])
  })
})
