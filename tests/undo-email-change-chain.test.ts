import { afterEach, describe, expect, test, vi } from 'vitest'
import { days, fromNow, hours, minutes, now } from '../src/time.ts'
import { askFor, confirmAt, keep, OWN, THIEF, withThief } from './support/change-of-address.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import type { App } from './support/requests.ts'

afterEach(() => void vi.useRealTimers())

const UNDO = ['Your email address is changing', 'Your email address was changed']

/** What arrives now at an address with a link that undoes. */
const undoMails = async (app: App, address: string) =>
  (await mailOf(app)).filter(({ to, subject }) => to === address && UNDO.includes(subject))

/** A thief who knows the password has made the account theirs, and its owner has the mails that told her. */
async function stolen() {
  vi.useFakeTimers({ toFake: ['Date'] })
  const scene = await withThief()
  vi.setSystemTime(now() + minutes(2))
  await confirmAt(scene.thief, scene.confirm)
  expect(await scene.account()).toMatchObject({ provenEmailKey: THIEF })
  return scene
}

describe('of several mailboxes that lost an account, the earlier wins', () => {
  test('a thief’s own undo link takes nothing from the owner’s', async () => {
    const { app, ana, thief, undo, account } = await stolen()
    vi.setSystemTime(now() + minutes(2))
    await askFor(thief, 'another@example.org')
    const [toThief] = await undoMails(app, THIEF)
    await keep(thief, linkIn(toThief))
    expect(await account()).toMatchObject({ provenEmailKey: THIEF })

    await keep(ana, undo)
    expect(await account()).toMatchObject({ provenEmailKey: OWN })
  })

  test('nor does it stop the mail that tells her, if that was held up', async () => {
    const { app, db, thief } = await stolen()
    await db.mail.updateMany({
      where: { address: OWN },
      data: { dueAt: fromNow(hours(1)), state: 'waiting' },
    })
    vi.setSystemTime(now() + minutes(2))
    await askFor(thief, 'another@example.org')
    const [toThief] = await undoMails(app, THIEF)
    await keep(thief, linkIn(toThief))
    vi.setSystemTime(now() + hours(1))
    expect(await undoMails(app, OWN)).toHaveLength(2)
  })

  test('the owner’s undo leaves no later mailbox a way back, not even a mail to be sent again', async () => {
    const { app, db, ana, thief, undo } = await stolen()
    vi.setSystemTime(now() + minutes(2))
    await askFor(thief, 'another@example.org')
    await db.mail.updateMany({ where: { address: THIEF }, data: { state: 'failed' } })
    await keep(ana, undo)
    expect(await db.mail.count({ where: { address: THIEF, kind: { startsWith: 'email-' } } })).toBe(0)
    expect(await undoMails(app, THIEF)).toEqual([])
  })
})

describe('the undo', () => {
  test('is told again when the change is made, and runs seven days from there', async () => {
    const { app, ana, account } = await stolen()
    const [changed, ...more] = await undoMails(app, OWN)
    expect([changed?.subject, more.length]).toEqual(['Your email address was changed', 0])
    vi.setSystemTime(now() + days(7) - minutes(1))
    await keep(ana, linkIn(changed))
    expect(await account()).toMatchObject({ provenEmailKey: OWN })
  })

  test('is not given out anew by a mail of long ago', async () => {
    const { app, db } = await stolen()
    await mailOf(app)
    vi.setSystemTime(now() + days(8))
    await db.mail.updateMany({ where: { address: OWN }, data: { state: 'waiting', dueAt: fromNow(0) } })
    expect(await undoMails(app, OWN)).toEqual([])
    const mails = await db.mail.findMany({ where: { address: OWN } })
    expect(new Set(mails.map(({ lastError }) => lastError))).toEqual(
      new Set(['It is too late to undo the change']),
    )
  })

  test('waits while the account is suspended', async () => {
    const { db, user, ana, undo, account } = await stolen()
    await db.user.update({ where: { id: user.id }, data: { status: 'suspended' } })
    await keep(ana, undo)
    expect(ana.answer.statusCode).toBe(410)
    expect(await account()).toMatchObject({ provenEmailKey: THIEF, passwordHash: user.passwordHash })
    await db.user.update({ where: { id: user.id }, data: { status: 'active' } })
    await keep(ana, undo)
    expect(await account()).toMatchObject({ provenEmailKey: OWN })
  })

  test('brings a link for a new password, whatever strangers have asked to be sent there', async () => {
    const { app, ana, undo, visitor } = await stolen()
    await mailOf(app)
    for (let n = 0; n < 30; n++)
      await visitor({ ip: `198.51.100.${n}` }).request('POST', '/forgot-password', { email: OWN })
    await mailOf(app)
    await keep(ana, undo)
    const mails = await mailOf(app)
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([[OWN, 'Set a new password']])
    expect(mails[0]?.text.replace(/\s+/g, ' ')).toContain('the password works no longer')
    expect(mails[0]?.text).not.toContain('stays as it is')
  })
})
