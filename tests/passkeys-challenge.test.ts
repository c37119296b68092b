import { describe, expect, test, vi } from 'vitest'
import { newChallenge, type Occasion } from '../src/accounts/passkey-challenge.ts'
import { minutes, now } from '../src/time.ts'
import fc from './support/fast-check.ts'
import { ADD, CONFIRM, expectRefused, HELD, LOGIN, send, stage } from './support/passkey-stage.ts'
import { JSON_TYPE } from './support/requests.ts'
import { base64url, optionsFor, SoftwarePasskey } from './support/software-passkey.ts'

describe('a challenge', () => {
  test('is answered once: the same answer and cookie open nothing more', async () => {
    const here = await stage()
    const { ana, stranger } = here
    const visitor = stranger()
    const options = await optionsFor(visitor, LOGIN)
    const held = visitor.cookies.get(HELD) ?? ''
    const answer = ana.passkey.get(options)
    expect((await send(visitor, LOGIN, answer)).statusCode).toBe(303)
    expect(visitor.cookies.has(HELD)).toBe(false)
    for (const again of [answer, ana.passkey.get(options)])
      await expectRefused(here, 'again', async () => {
        const other = stranger()
        other.cookies.set(HELD, held)
        return send(other, LOGIN, again)
      })
  })

  test('is used up by a wrong answer too', async () => {
    const here = await stage()
    const { ana, ben, stranger } = here
    const visitor = stranger()
    const options = await optionsFor(visitor, LOGIN)
    const held = visitor.cookies.get(HELD) ?? ''
    await send(visitor, LOGIN, ana.passkey.get(options, { signedBy: ben.passkey.keys.privateKey }))
    visitor.cookies.set(HELD, held)
    await expectRefused(here, 'after a wrong one', () => send(visitor, LOGIN, ana.passkey.get(options)))
  })

  test('holds for five minutes', async () => {
    const here = await stage()
    const { ana, stranger } = here
    for (const [wait, status] of [
      [minutes(5) - 1, 303],
      [minutes(5), 422],
    ] as const) {
      const visitor = stranger()
      const options = await optionsFor(visitor, LOGIN)
      vi.setSystemTime(now() + wait)
      expect((await send(visitor, LOGIN, ana.passkey.get(options))).statusCode, `${wait}`).toBe(status)
    }
  })

  test('holds in the browser that asked, and as it was given', async () => {
    const here = await stage()
    const { ana, stranger } = here
    const given = async (change: (held: string) => string | undefined) => {
      const visitor = stranger()
      const options = await optionsFor(visitor, LOGIN)
      const held = change(visitor.cookies.get(HELD) ?? '')
      visitor.cookies.delete(HELD)
      if (held !== undefined) visitor.cookies.set(HELD, held)
      return send(visitor, LOGIN, ana.passkey.get(options))
    }
    const other = stranger()
    await optionsFor(other, LOGIN)
    const changes: [string, (held: string) => string | undefined][] = [
      ['no cookie', () => undefined],
      ['an empty cookie', () => ''],
      ['another browser’s', () => other.cookies.get(HELD)],
      ['cut short', (held) => held.slice(0, 30)],
      ['longer', (held) => `${held}AAAA`],
      ['junk', () => '%00%ff'],
      ['sent twice', (held) => `${held}; ${HELD}=${held}`],
    ]
    for (const [how, change] of changes) await expectRefused(here, how, () => given(change))
    // Each byte counts: the key's name, the vector, the time, the challenge, the tag.
    for (let i = 0; i < 80; i += 7) {
      const flip = (held: string) => held.slice(0, i) + (held[i] === 'A' ? 'B' : 'A') + held.slice(i + 1)
      await expectRefused(here, `character ${i}`, () => given(flip))
    }
  })

  test('opens nothing but what it was asked for, and in no other session', async () => {
    const here = await stage()
    const { db, ana, ben, stranger } = here
    const elsewhere = stranger()
    await send(elsewhere, LOGIN, ana.passkey.get(await optionsFor(elsewhere, LOGIN)))
    expect(elsewhere.cookies.has('foyer-session')).toBe(true)
    await db.throttle.deleteMany()

    const visitor = stranger()
    const browsers = { visitor, ana: ana.browser, elsewhere, ben: ben.browser }
    const asked: [keyof typeof browsers, string][] = [
      ['visitor', LOGIN],
      ['ana', ADD],
      ['ana', CONFIRM],
      ['elsewhere', ADD],
      ['elsewhere', CONFIRM],
      ['ben', ADD],
      ['ben', CONFIRM],
    ]
    for (const [asker, path] of asked)
      for (const [user, target] of asked.filter(([user, other]) => user !== asker || other !== path)) {
        const options = await optionsFor(browsers[asker], path)
        const held = browsers[asker].cookies.get(HELD) ?? ''
        await expectRefused(here, `${asker} ${path} → ${user} ${target}`, () => {
          const owner = user === 'ben' ? ben : ana
          browsers[user].cookies.set(HELD, held)
          const key = target === ADD ? new SoftwarePasskey().create(options) : owner.passkey.get(options)
          return send(browsers[user], target, key)
        })
        await db.throttle.deleteMany()
      }
  })
})

/** The bytes of what is answered where, some of them replaced; or something else that is JSON. */
const damage = fc.record({
  place: fc.constantFrom(
    ...['clientDataJSON', 'authenticatorData', 'signature'].flatMap((field) => [
      { path: LOGIN, field },
      { path: CONFIRM, field },
    ]),
    ...['clientDataJSON', 'attestationObject'].map((field) => ({ path: ADD, field })),
  ),
  bytes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
  other: fc.option(fc.json(), { freq: 5 }),
})

test('answers that nobody thought of are refused, by the thousand', async () => {
  const { app, db, ana, ben, stranger } = await stage()
  const occasions: Record<string, Occasion> = {
    [ADD]: { purpose: 'add', sessionId: ana.sessionId },
    [LOGIN]: { purpose: 'sign-in' },
    [CONFIRM]: { purpose: 'confirm', sessionId: ana.sessionId },
  }
  const here = { id: { in: [ana.id, ben.id] } }
  const kept = async () => [
    // But for what its use moves on, which is noted once a minute.
    await db.session.findMany({ orderBy: { id: 'asc' }, omit: { lastSeenAt: true, expiresAt: true } }),
    await db.passkey.findMany({ where: here, orderBy: { id: 'asc' } }),
  ]
  const before = await kept()
  const statuses = new Map<number, number>()
  for (const { place, bytes, other } of fc.sample(damage, { numRuns: 2_400 })) {
    const { path, field } = place
    const { challenge, sealed } = newChallenge(app.secretKeys, occasions[path] ?? { purpose: 'sign-in' })
    const options = { challenge: base64url(challenge), timeout: 0 }
    ana.passkey.count = 5
    const right = path === ADD ? new SoftwarePasskey().create(options) : ana.passkey.get(options)
    const response: Record<string, unknown> = { ...right.response }
    const damaged = Buffer.from(String(response[field]), 'base64url')
    // Of a signature its second number alone: how the two are framed is read generously, and proves nothing.
    const begin = field === 'signature' ? damaged.length - 24 : 0
    for (const [at, byte] of bytes) damaged[begin + (at % (damaged.length - begin))] = byte
    const isRight = response[field] === base64url(damaged)
    response[field] = base64url(damaged)
    const visitor = path === LOGIN ? stranger() : ana.browser
    visitor.cookies.set(HELD, sealed)
    if (isRight && other === null) continue
    const credential = other ?? JSON.stringify({ ...right, response })
    const { statusCode } = await visitor.request('POST', path, { credential }, { accept: JSON_TYPE })
    // Nobody vouches for what is said of a new passkey: it may be another than it was.
    const mayBe = path === ADD ? [201, 422] : [422]
    expect(mayBe, `${path} ${field} ${bytes} ${other}`).toContain(statusCode)
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
    if (statusCode === 201) await db.passkey.deleteMany({ where: { NOT: here } })
    if (path === CONFIRM) await db.throttle.deleteMany()
  }
  console.info([...statuses].join(' '))
  expect(await kept()).toEqual(before)
})
