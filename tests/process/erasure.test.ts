import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { dump } from '../support/dump.ts'
import { crashAmidErasure } from '../support/erasure-crash.ts'
import { linkIn } from '../support/mailbox.ts'
import { PATIENCE } from '../support/patience.ts'
import { openFresh, serve, startServer } from '../support/server.ts'
import { PASSWORD, post } from '../support/sign-ups.ts'
import { startSink } from '../support/smtp.ts'

const NAME = 'quetzalqwert'
const EMAIL = 'xylophonist@rare.example.org'
const DISPLAYED = 'Zsuzsannamaria Qwertzuiop'

const cookieOf = (headers: Headers) =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

describe.each(['sqlite', 'postgresql'] as const)('on %s', (provider) => {
  test('a member who is erased is in no file, no table and no line of the log any more', async () => {
    const sink = await startSink()
    onTestFinished(() => sink.stop())
    const env = { SMTP_URL: sink.url, LOG_LEVEL: 'info' }
    const first = await startServer(env, provider)
    const { base, db, url } = first
    const asOwn = (cookie: string) => ({ cookie, 'sec-fetch-site': 'same-origin' })

    const signedUp = await post(base, '/register', { username: NAME, email: EMAIL, password: PASSWORD })
    await vi.waitFor(() => expect(sink.arrived).toHaveLength(1), PATIENCE)
    const link = await fetch(base + linkIn(sink.arrived[0]?.mail), { redirect: 'manual' })
    const proof = `${cookieOf(signedUp.headers)}; ${cookieOf(link.headers)}`
    const proven = await post(base, '/verify-email', {}, asOwn(proof))
    const cookie = cookieOf(proven.headers)
    await post(base, '/account/name', { name: DISPLAYED }, asOwn(cookie))
    await post(base, '/login', { login: EMAIL, password: 'wrong' })
    await post(base, '/forgot-password', { email: EMAIL })

    const user = await db.user.findUniqueOrThrow({
      where: { username: NAME },
      include: { sessions: true, devices: true },
    })
    const passkey = await db.passkey.create({
      data: {
        ...{ userId: user.id, credentialId: 'rare-credential', name: 'A key', publicKey: new Uint8Array(9) },
        ...{ signCount: 0n, transports: '', backedUp: false },
      },
    })
    for (const path of [`/admin/users/${user.id}`, `/nowhere/${user.id}`, `/nowhere/${EMAIL}`])
      await fetch(base + path, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' })
    const ids = [...user.sessions, ...user.devices, passkey, user].map(({ id }) => id)
    const identifiers = [NAME, EMAIL, DISPLAYED, ...ids, 'rare-credential']
    const found = async () => {
      const files =
        provider === 'sqlite' ? ['', '-wal', '-shm'].map((end) => readFileSync(url.slice(5) + end)) : []
      const everything = [...files.map((file) => file.toString('utf8')), ...(await dump(db, url))].join('\n')
      return identifiers.filter((identifier) => everything.toLowerCase().includes(identifier.toLowerCase()))
    }
    expect(await found()).toEqual(identifiers)

    expect((await post(base, '/account/delete', {}, asOwn(cookie))).status).toBe(303)
    await db.user.updateMany({ where: { status: 'closing' }, data: { closesAt: new Date(0) } })
    const started = async () => {
      await db.throttle.deleteMany({ where: { key: 'purge' } })
      return serve({ ...env, DATABASE_URL: url })
    }
    const second = await started()
    const last = () => sink.arrived.find(({ mail }) => mail.subject === 'Your account is closed')
    await vi.waitFor(() => expect(last()?.to).toEqual([EMAIL]), PATIENCE)
    await vi.waitFor(async () => expect(await db.mail.count()).toBe(0), PATIENCE)
    // Every ten minutes SQLite’s log is emptied, and at each start.
    const third = await started()
    await vi.waitFor(async () => expect(await found()).toEqual([]), PATIENCE)

    const logs = [first, second, third].map(({ said }) => said.out + said.err).join('')
    expect(logs).toContain('"path":"/admin/users/:id"')
    expect(logs).toContain('"path":"/nowhere/:id"')
    expect(logs).toContain('"path":"/nowhere/:address"')
    expect(identifiers.filter((identifier) => logs.toLowerCase().includes(identifier.toLowerCase()))).toEqual(
      [],
    )
  })

  test('killed five times amid erasing, it has erased everybody whole or not at all', async () => {
    const { url, db } = await openFresh(provider)
    const { erased, people, violations } = await crashAmidErasure(db, url, 5)
    expect(violations).toEqual([])
    expect(erased).toBeGreaterThan(5)
    expect(erased).toBeLessThan(people)
  })
})
