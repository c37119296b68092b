import { afterEach, describe, expect, test, vi } from 'vitest'
import { findToken, issueToken } from '../src/accounts/token.ts'
import type { Db } from '../src/db/client.ts'
import { isUnavailable } from '../src/db/errors.ts'
import { undoEmailChange } from '../src/features/account/undo-email-change.ts'
import { deliver } from '../src/mail/delivery.ts'
import { days, fromNow, hours, minutes, now } from '../src/time.ts'
import { askFor, confirmAt, keep, OWN, THIEF, withThief } from './support/change-of-address.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { afterEachVerification } from './support/meanwhile.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { type App, accountsIn } from './support/requests.ts'

afterEach(() => void vi.useRealTimers())

/** Everything that arrived at an address: the link of the latest, of each subject. */
async function linksTo(app: App, address: string) {
  const mails = (await mailOf(app)).filter(({ to }) => to === address)
  return new Map(mails.map((mail) => [mail.subject, mail] as const))
}

describe('the link that the old mailbox gets', () => {
  test.each(['waiting', 'done'])(
    'undoes a change that is %s, and shuts out whoever asked for it',
    async (state) => {
      const { app, db, user, ana, thief, undo, confirm, account } = await withThief()
      if (state === 'done') {
        await confirmAt(thief, confirm)
        expect(await account()).toMatchObject({ provenEmailKey: THIEF })
      }
      await ana.visit(undo)
      expect(ana.path).toBe('/undo-email-change')
      expect(ana.text()).toContain(`Keep ${OWN} as the address of your account?`)
      await ana.press('Yes, keep my address')
      expect(ana.path).toBe('/login')
      expect(ana.text('[role=status]')).toBe(
        'Your address is kept, and everybody is signed out. We’ve emailed you how to get back in.',
      )
      expect([...ana.cookies.keys()]).toEqual([])

      expect(await account()).toMatchObject({
        email: OWN,
        emailKey: OWN,
        provenEmailKey: OWN,
        newEmail: null,
      })
      expect((await thief.visit('/account')).path).toMatch(/^\/login/)
      for (const name of ['ana.silva', OWN, THIEF]) {
        await thief.logIn(name)
        expect(thief.answer.statusCode, name).toBe(422)
      }
      const mails = await mailOf(app)
      expect(mails.map(({ to, subject }) => [to, subject])).toEqual([[OWN, 'Set a new password']])
      const told = { event: 'email.change-undone', actor: user.id, subjectId: user.id, ip: '203.0.113.7' }
      expect(await db.auditEvent.findMany({ where: { event: told.event } })).toMatchObject([told])
      expect((await ana.visit(undo)).answer.statusCode).toBe(410)
    },
  )

  test('leaves no other link that works, were it mailed or still to be mailed', async () => {
    const { app, db, user, ana, thief, undo, confirm, account } = await withThief()
    await confirmAt(thief, confirm)
    await askFor(thief, 'second@example.org')
    const mailed = [...(await linksTo(app, THIEF)).values()].map(linkIn)
    await issueToken(db, 'reset-password', fromNow(hours(1)), { userId: user.id, address: THIEF })
    await askFor(thief, 'third@example.org')

    await keep(ana, undo)
    expect(await db.token.count({ where: { userId: user.id } })).toBe(0)
    for (const link of mailed) expect((await thief.visit(link)).answer.statusCode).toBe(410)
    expect((await mailOf(app)).map(({ to, subject }) => [to, subject])).toEqual([[OWN, 'Set a new password']])
    expect(await account()).toMatchObject({ provenEmailKey: OWN })
  })

  test('leaves none though it was being written at that moment', async () => {
    const { app, db, ana, thief, undo, confirm, account } = await withThief()
    await confirmAt(thief, confirm)
    await askFor(thief, 'second@example.org')
    await ana.visit(undo)
    let undone = false
    const create = async <Args, Result>({ args, query }: { args: Args; query: (args: Args) => Result }) => {
      if (!undone) await ana.press('Yes, keep my address')
      undone = true
      return query(args)
    }
    const { config, passwords, secretKeys } = app
    const meanwhile = db.$extends({ query: { token: { create } } }) as unknown as Db
    const told: string[] = []
    await db.mail.updateMany({ where: { kind: { not: 'email-changing' } }, data: { state: 'sent' } })
    const services = { config, db: meanwhile, passwords, secretKeys }
    await Promise.all(await deliver(services, async ({ to }) => told.push(to)))
    expect(undone).toBe(true)
    expect(told).toEqual([])
    expect(await account()).toMatchObject({ provenEmailKey: OWN })
  })

  test('is not pushed out by more changes', async () => {
    const { app, ana, thief, undo, confirm, account } = await withThief()
    await confirmAt(thief, confirm)
    for (let i = 0; i < 6; i++) await askFor(thief, `thief${i}@example.org`)
    await mailOf(app)
    await keep(ana, undo)
    expect(await account()).toMatchObject({ email: OWN, provenEmailKey: OWN })
  })

  test('still works though the password was changed after', async () => {
    const { ana, thief, undo, account } = await withThief()
    const form = { current: PASSWORD, password: 'another-horse-battery' }
    await thief.request('POST', '/account/password', form)
    expect(thief.answer.statusCode).toBe(303)
    await keep(ana, undo)
    expect(await account()).toMatchObject({ passwordHash: '' })
  })

  test('lets nobody in who is signing in by the old password at that moment', async () => {
    const { app, db, visitor, ana, undo } = await withThief()
    await ana.visit(undo)
    let pressed = false
    afterEachVerification(app, async () => {
      if (!pressed) await ana.press('Yes, keep my address')
      pressed = true
    })
    const late = visitor()
    await late.logIn('ana.silva')
    expect(pressed).toBe(true)
    expect(late.answer.statusCode).toBe(422)
    expect(await db.session.count()).toBe(0)
  })

  test('changes nothing by being looked at', async () => {
    const { db, ana, undo } = await withThief()
    const before = await accountsIn(db)
    for (let i = 0; i < 3; i++) await ana.visit(undo)
    expect(ana.answer.statusCode).toBe(200)
    expect(await accountsIn(db)).toBe(before)
  })

  test('works for seven days, and for nothing else', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { db, user, visitor, undo } = await withThief()
    const { token } = await issueToken(db, 'reset-password', fromNow(days(30)), {
      ...{ userId: user.id, address: OWN },
    })
    const start = now()
    vi.setSystemTime(start + days(7) - minutes(1))
    expect((await visitor().visit(undo)).answer.statusCode).toBe(200)
    vi.setSystemTime(start + days(7) + minutes(1))
    for (const link of [undo, `/undo-email-change?token=${token}`, '/undo-email-change?token=x']) {
      const stranger = await visitor().visit(link)
      expect(stranger.answer.statusCode).toBe(410)
      expect((await stranger.request('POST', '/undo-email-change')).statusCode).toBe(410)
    }
    expect((await visitor().request('POST', '/undo-email-change')).statusCode).toBe(410)
  })

  test('gives back no address that has come to belong to another account', async () => {
    const { db, ana, thief, undo, confirm } = await withThief()
    await confirmAt(thief, confirm)
    await addPerson(db, 'mira.okafor', { email: OWN })
    const before = await accountsIn(db)
    await keep(ana, undo)
    expect(ana.answer.statusCode).toBe(409)
    expect(ana.text()).toContain('That address belongs to another account by now')
    expect(await accountsIn(db)).toBe(before)
  })

  test('works once, of 64 uses at a time', async () => {
    const { db, visitor, undo } = await withThief()
    const browsers = Array.from({ length: 64 }, () => visitor())
    for (const browser of browsers) await browser.visit(undo)
    const answers = await Promise.all(
      browsers.map((browser) => browser.request('POST', '/undo-email-change')),
    )
    const [first, ...others] = answers.map(({ statusCode }) => statusCode).sort()
    expect([first, others]).toEqual([303, expect.arrayContaining([410])])
    // Whom a busy database can't serve in time is told to come again.
    for (const status of others) expect([410, 503]).toContain(status)
    expect(await db.auditEvent.count({ where: { event: 'email.change-undone' } })).toBe(1)
    expect(await db.mail.count({ where: { kind: 'reset-password' } })).toBe(1)
  })

  test('works once, of 64 that have all found it live', async () => {
    const { db, undo } = await withThief()
    const token = await findToken(db, 'undo-email-change', undo.replace(/.*token=/, ''))
    if (!token) throw new Error('The link should be live')
    const uses = Array.from({ length: 64 }, () => undoEmailChange(db, token, source))
    const outcomes = await Promise.allSettled(uses)
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(refused).toHaveLength(63)
    for (const reason of refused) expect(reason.status === 410 || isUnavailable(reason), reason).toBe(true)
    expect(await db.mail.count({ where: { kind: 'reset-password' } })).toBe(1)
  })
})
