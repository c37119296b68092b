import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { crashAmidMail, crashAtHandover } from '../support/mail-crash.ts'
import { linkIn } from '../support/mailbox.ts'
import { PATIENCE } from '../support/patience.ts'
import { sendRaw, written } from '../support/raw.ts'
import { serve, startServer } from '../support/server.ts'
import { PASSWORD, post } from '../support/sign-ups.ts'
import { startSink } from '../support/smtp.ts'

const ANA = { username: 'ana.silva', email: 'ana@example.org', password: PASSWORD }

async function sinkForTest() {
  const sink = await startSink()
  onTestFinished(() => sink.stop())
  return sink
}

const cookieOf = (headers: Headers) => headers.get('set-cookie')?.split(';')[0] ?? ''

describe.each(['sqlite', 'postgresql'] as const)('with a mail server, on %s', (provider) => {
  test('who signs up is mailed, and is in by the link of the mail', async () => {
    const sink = await sinkForTest()
    const { base } = await startServer({ SMTP_URL: sink.url }, provider)
    const signedUp = await post(base, '/register', ANA)
    expect([signedUp.status, signedUp.headers.get('location')]).toEqual([303, '/register/check-email'])
    await vi.waitFor(() => expect(sink.arrived).toHaveLength(1), PATIENCE)

    const link = await fetch(base + linkIn(sink.arrived[0]?.mail), { redirect: 'manual' })
    const cookie = `${cookieOf(signedUp.headers)}; ${cookieOf(link.headers)}`
    const confirmed = await post(base, '/verify-email', {}, { cookie, 'sec-fetch-site': 'same-origin' })
    expect([confirmed.status, confirmed.headers.get('location')]).toEqual([303, '/account'])
  })

  test('asked to stop while the mail server keeps it waiting, it ends in time and sends the mail later', async () => {
    const sink = await sinkForTest()
    sink.mood = 'is silent after DATA'
    const { base, url, db, kill, ended } = await startServer({ SMTP_URL: sink.url }, provider)
    const handedOver = new Promise<void>((resolve) => {
      sink.onMail = () => resolve()
    })
    await post(base, '/register', ANA)
    await handedOver
    kill('SIGTERM')
    const { code, err } = await ended
    // Cut short after ten seconds, it would be 1.
    expect([code, err]).toEqual([0, ''])
    expect(await db.mail.findFirst()).toMatchObject({ state: 'waiting', attempts: 1 })

    sink.mood = 'is well'
    await db.mail.updateMany({ data: { dueAt: new Date() } })
    await serve({ SMTP_URL: sink.url, DATABASE_URL: url })
    await vi.waitFor(() => expect(sink.arrived.map(({ to }) => to)).toEqual([[ANA.email]]), PATIENCE)
  })

  test('killed five times while it hands a mail over, it loses none, and no mail has more than one twin', async () => {
    const { url, remove } = await freshDatabase(provider)
    const { promised, twice, violations } = await crashAtHandover(url, 5)
    await remove()
    expect(violations).toEqual([])
    expect(promised).toBeGreaterThanOrEqual(5)
    expect(twice).toBeGreaterThanOrEqual(5)
  })

  test('killed five times amid sign-ups, it has mailed everybody it answered', async () => {
    const { url, remove } = await freshDatabase(provider)
    const { promised, violations } = await crashAmidMail(url, 5)
    await remove()
    expect(violations).toEqual([])
    expect(promised).toBeGreaterThan(10)
  })
})

describe('without a mail server', () => {
  test('on this machine’s own address, the mail stands in the log, and its link works', async () => {
    const { base, db, said } = await startServer({ EMAIL: 'required' }, 'sqlite')
    await post(base, '/register', ANA)
    await vi.waitFor(() => expect(said.out).toContain('verify-email?token='), PATIENCE)
    const line = said.out.split('\n').find((text) => text.includes('verify-email?token='))
    const { to, text } = JSON.parse(line ?? '{}') as { to?: string; text?: string }
    expect(to).toBe(ANA.email)
    const { status, headers } = await fetch(base + linkIn({ text }), { redirect: 'manual' })
    expect([status, headers.get('location')]).toEqual([303, '/verify-email'])
    expect(await db.mail.findFirst()).toMatchObject({ state: 'sent' })
  })

  test('anywhere else, it stands nowhere and waits', async () => {
    const env = { EMAIL: 'required', BASE_URL: 'https://accounts.example.org' }
    const { port, db, output } = await startServer(env, 'sqlite')
    const body = String(new URLSearchParams(ANA))
    const headers = [
      'Host: accounts.example.org',
      'Sec-Fetch-Site: same-origin',
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
    ]
    expect(await sendRaw(port, written('POST', '/register', headers, body))).toMatchObject({ status: 303 })
    await sleep(2500)
    expect(output()).not.toMatch(/verify-email\?token=|ana@example\.org/)
    expect(await db.mail.findFirst()).toMatchObject({ state: 'waiting', attempts: 0 })
  })
})
