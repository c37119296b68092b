import { describe, expect, test } from 'vitest'
import { proveAddress } from '../src/accounts/prove-address.ts'
import { issueToken } from '../src/accounts/token.ts'
import { fromNow, hours } from '../src/time.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { beforeEachPerson } from './support/meanwhile.ts'
import { ADDRESS, NEW_PASSWORD, save, withAna } from './support/password-reset.ts'
import { source } from './support/people.ts'
import { accountsIn, FORM, JSON_TYPE, send } from './support/requests.ts'
import type { Visitor } from './support/visitor.ts'

async function expectExpired(visitor: Visitor) {
  expect(visitor.answer.statusCode).toBe(410)
  expect(visitor.headline).toBe('This link no longer works')
  await visitor.click('Ask for a new link')
  expect(visitor.path).toBe('/forgot-password')
}

describe('a link for a new password', () => {
  test('is not used up by looking, nor by a password that is refused', async () => {
    const { visitor, link, current, ana } = await withAna()
    const you = visitor()
    const path = await link()
    for (let i = 0; i < 10; i++) await visitor().visit(path)
    await you.visit(path)
    for (const [typed, problem] of [
      ['', 'Choose a password'],
      ['too-short', 'Make it 12 characters or more. It has 9'],
      ['ana.silva-1234', /^Leave your username/],
      ['ana@example.org!', /^Leave your username/],
    ] as const) {
      await save(you, typed)
      expect(you.answer.statusCode).toBe(422)
      expect(you.errorAt('New password')).toMatch(problem)
      expect(you.text('.lead')).toContain('For ana.silva.')
    }
    expect(await current()).toBe(ana.user.passwordHash)
    await save(you)
    expect(you.path).toBe('/login')
    expect(await current()).not.toBe(ana.user.passwordHash)
  })

  test('that is used, too old, for something else, empty or made up: one answer to all, page and form', async () => {
    const { app, db, ana, issue, visitor } = await withAna()
    const used = await issue()
    await db.token.updateMany({ data: { usedAt: new Date() } })
    const tokens = {
      used,
      old: await issue(-1),
      other: (await issueToken(db, 'verify-email', fromNow(hours(1)), { userId: ana.user.id })).token,
      empty: '',
      madeUp: 'A'.repeat(43),
    }
    const before = await accountsIn(db)
    const { hashes } = app.passwords.counts
    const password = new URLSearchParams({ password: NEW_PASSWORD }).toString()
    for (const type of [FORM, JSON_TYPE])
      for (const [method, body] of [
        ['GET', undefined],
        ['POST', type === FORM ? password : JSON.stringify({ password: NEW_PASSWORD })],
        ['POST', type === FORM ? 'password=' : '{}'],
      ] as const) {
        const answers = await Promise.all(
          Object.values(tokens).map(async (token) => {
            const {
              statusCode,
              headers,
              body: answered,
            } = await send(app, {
              ...{ method, url: '/reset-password', type, cookie: `foyer-reset-password=${token}` },
              ...(body !== undefined && { body }),
            })
            const { date: _, ...rest } = headers
            return JSON.stringify([statusCode, rest, answered])
          }),
        )
        // A form has nothing that programs could read.
        const unread = type === JSON_TYPE && method === 'GET'
        expect(answers[0]).toMatch(unread ? /^\[405,/ : /^\[410,/)
        expect(new Set(answers).size, `${method} ${type}`).toBe(1)
      }
    expect(app.passwords.counts.hashes).toBe(hashes)
    expect(await accountsIn(db)).toBe(before)

    for (const token of Object.values(tokens)) {
      const you = visitor()
      await you.visit(`/reset-password?token=${token}`)
      expect(you.path).toBe('/reset-password')
      await expectExpired(you)
    }
  })

  test.each([
    ['a minute before its hour is over', -1, true],
    ['a minute after it', 1, false],
  ])('that was mailed works for an hour: %s', async (_when, late, works) => {
    const { app, db, ask, visitor } = await withAna()
    const before = Date.now()
    await ask(ADDRESS)
    const [mail] = await mailOf(app)
    const { id, expiresAt } = await db.token.findFirstOrThrow()
    // The link is made as its mail is sent.
    expect(expiresAt.getTime()).toBeGreaterThanOrEqual(before + hours(1))
    expect(expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + hours(1))
    await db.token.update({ where: { id }, data: { expiresAt: fromNow(-late * 60_000) } })
    const you = visitor()
    await you.visit(linkIn(mail))
    expect(you.answer.statusCode).toBe(works ? 200 : 410)
  })

  test('makes one new password from 64 uses at once', async () => {
    const { app, db, issue, use, current, ana } = await withAna()
    const token = await issue()
    const { passwords } = app
    // All have found the link working before any goes on.
    const ready = Promise.withResolvers<void>()
    let waiting = 0
    const hash = async (password: string) => {
      if (++waiting === 64) ready.resolve()
      await ready.promise
      return `hash of ${password}`
    }
    app.passwords = { ...passwords, hash }
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) => use(token, `${NEW_PASSWORD}-${i}`)),
    )
    const winners = answers.flatMap(({ statusCode }, i) => (statusCode === 303 ? [i] : []))
    expect(winners).toHaveLength(1)
    const others = answers.map(({ statusCode }) => statusCode).filter((status) => status !== 303)
    expect(others).toContain(410)
    // Whom a busy database can't serve in time is told to come again.
    for (const status of others) expect([410, 503]).toContain(status)
    expect(await current()).toBe(`hash of ${NEW_PASSWORD}-${winners[0]}`)
    const told = { where: { event: 'password.reset', subjectId: ana.user.id } }
    expect(await db.auditEvent.count(told)).toBe(1)
    expect(await db.mail.count({ where: { kind: 'password-changed' } })).toBe(1)
  })

  test('makes no second one for who was let in before the first was made', async () => {
    const { app, issue, use, db } = await withAna()
    const token = await issue()
    let met = false
    beforeEachPerson(app, async () => {
      if (met) return
      met = true
      expect((await use(token, `${NEW_PASSWORD}-first`)).statusCode).toBe(303)
    })
    expect((await use(token, `${NEW_PASSWORD}-second`)).statusCode).toBe(410)
    expect(await db.auditEvent.count({ where: { event: 'password.reset' } })).toBe(1)
  })

  test('is not used up where the stored password changes meanwhile', async () => {
    const { app, db, ana, issue, use, current } = await withAna()
    const token = await issue()
    const { passwords } = app
    const hash = async (password: string) => {
      await db.user.update({ where: { id: ana.user.id }, data: { passwordHash: 'stored anew' } })
      return passwords.hash(password)
    }
    app.passwords = { ...passwords, hash }
    expect((await use(token, NEW_PASSWORD)).statusCode).toBe(410)
    expect(await current()).toBe('stored anew')
    app.passwords = passwords
    expect((await use(token, NEW_PASSWORD)).statusCode).toBe(303)
  })

  test('wins or loses whole against another link of the same account, 20 times over', async () => {
    const { app, db, issue, use, current, ana } = await withAna()
    app.passwords = { ...app.passwords, hash: async (password) => `hash of ${password}` }
    for (let round = 0; round < 20; round++) {
      const tokens = [await issue(), await issue(), await issue()]
      const answers = await Promise.all(tokens.map((token, i) => use(token, `${NEW_PASSWORD}-${i}`)))
      expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, 410, 410])
      const winner = answers.findIndex(({ statusCode }) => statusCode === 303)
      expect(await current()).toBe(`hash of ${NEW_PASSWORD}-${winner}`)
      expect(await db.token.count()).toBe(0)
    }
    const told = { where: { event: 'password.reset', subjectId: ana.user.id } }
    expect(await db.auditEvent.count(told)).toBe(20)
  })

  test('ends with a change of the password, or of the address', async () => {
    const { app, db, ana, link, visitor } = await withAna()
    const [first, second, third] = [visitor(), visitor(), visitor()]
    await first.visit(await link())
    await second.visit(await link())
    await save(first)
    expect(first.path).toBe('/login')
    await save(second, 'five-other-words-here-now')
    await expectExpired(second)

    await third.visit(await link())
    const address = 'ana.new@example.org'
    await db.user.update({ where: { id: ana.user.id }, data: { newEmail: address } })
    await issueToken(db, 'verify-email', fromNow(hours(1)), { userId: ana.user.id, address })
    const proof = await db.token.findFirstOrThrow({ where: { purpose: 'verify-email' } })
    await db.$transaction((tx) => proveAddress(tx, app.config, proof, source))
    await save(third)
    await expectExpired(third)
  })

  test('that is mailed while the account loses the address opens nothing', async () => {
    const { db, ana, link, visitor } = await withAna()
    const thief = visitor()
    await thief.visit(await link())
    // As the mail of a change that is undone can be: written before, made to work after.
    await db.token.updateMany({ data: { address: 'thief@example.org' } })
    await save(thief)
    await expectExpired(thief)
    expect(await db.user.findUnique({ where: { id: ana.user.id } })).toMatchObject({
      passwordHash: ana.user.passwordHash,
    })
  })

  test('of a suspended account opens nothing, also if that comes while the password is hashed', async () => {
    const { app, db, ana, link, visitor, current } = await withAna()
    const suspend = () => db.user.update({ where: { id: ana.user.id }, data: { status: 'suspended' } })
    const path = await link()
    const you = visitor()
    await you.visit(path)
    const { passwords } = app
    const hash = async (password: string) => {
      await suspend()
      return passwords.hash(password)
    }
    app.passwords = { ...passwords, hash }
    await save(you)
    await expectExpired(you)
    expect(await current()).toBe(ana.user.passwordHash)
    expect(await db.auditEvent.count()).toBe(0)
    expect(await db.mail.count()).toBe(0)

    await you.visit(path)
    await expectExpired(you)
    expect((await you.request('POST', '/reset-password', { password: NEW_PASSWORD })).statusCode).toBe(410)
  })
})
