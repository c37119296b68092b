import { afterEach, describe, expect, test, vi } from 'vitest'
import { hours, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { ADDRESS, NEW_PASSWORD, save, withAna } from './support/password-reset.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { FORM, JSON_TYPE, send } from './support/requests.ts'
import { SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

afterEach(() => void vi.useRealTimers())

describe('a forgotten password', () => {
  test('is replaced by way of the mail: the old one and every session end, the new one signs in', async () => {
    const { app, db, ana, visitor } = await withAna()
    const you = visitor()
    await you.visit('/login')
    await you.click('Forgot your password?')
    expect(you.headline).toBe('Set a new password')
    await you.fill({ 'Email address': ' Ana@Example.ORG ' }).press('Send me a link')
    expect([you.path, you.headline]).toEqual(['/forgot-password/sent', 'Check your email'])
    expect(you.text()).toContain('If Ana@example.org has an account here')

    const [mail, ...more] = await mailOf(app)
    expect([mail?.to, mail?.subject, more]).toEqual([ADDRESS, 'Set a new password', []])
    await you.visit(linkIn(mail))
    expect([you.path, you.headline]).toEqual(['/reset-password', 'Choose a new password'])
    expect(you.field('Username').value).toBe('ana.silva')
    await save(you)
    expect(you.path).toBe('/login')
    expect(you.text('[role=status]')).toBe('Password saved. Sign in with it.')
    expect([...you.cookies.keys()]).toEqual(['foyer-forgot-password'])
    expect(await db.session.count({ where: { userId: ana.user.id } })).toBe(0)

    const told = await mailOf(app)
    expect(told.map(({ to, subject }) => [to, subject])).toEqual([[ADDRESS, 'Your password was changed']])
    await you.logIn('ana.silva', PASSWORD)
    expect(you.answer.statusCode).toBe(422)
    await you.logIn(ADDRESS, NEW_PASSWORD)
    expect(you.path).toBe('/account')
    const events = await db.auditEvent.findMany({ orderBy: { id: 'asc' } })
    expect(events.map(({ event, actor, subjectId }) => [event, actor, subjectId]).slice(0, 2)).toEqual([
      ['password.reset-requested', 'visitor', null],
      ['password.reset', ana.user.id, ana.user.id],
    ])
  })

  test('is sent a link again from the page that says so, which needs its cookie', async () => {
    const { app, visitor } = await withAna()
    const you = visitor()
    await you.visit('/forgot-password/sent')
    expect(you.path).toBe('/forgot-password')
    await you.fill({ 'Email address': ADDRESS }).press('Send me a link')
    await you.press('Send it again')
    expect(you.path).toBe('/forgot-password/sent')
    expect(await mailOf(app)).toHaveLength(2)
    await you.click('Use a different address')
    expect(you.path).toBe('/forgot-password')
  })

  test('of what is no address is a thing to fix, and no mail', async () => {
    const { app, db, visitor } = await withAna()
    const you = visitor()
    for (const [typed, problem] of [
      ['', 'Enter your email address'],
      ['ana.silva', 'Enter your full email address, like name@example.org'],
    ] as const) {
      await you.visit('/forgot-password')
      await you.fill({ 'Email address': typed }).press('Send me a link')
      expect([you.answer.statusCode, you.errorAt('Email address')]).toEqual([422, problem])
    }
    expect(await db.mail.count()).toBe(0)
    expect(await db.throttle.count()).toBe(0)
    expect(await mailOf(app)).toEqual([])
  })

  test('without mail is for an administrator to help with', async () => {
    const { db, visitor, ask, link } = await withAna({ EMAIL: 'off' })
    const you = visitor()
    await you.visit('/login')
    await you.click('Forgot your password?')
    expect(you.text()).toContain('Ask an administrator for a link')
    expect(you.document.querySelector('form')).toBeNull()
    expect((await ask(ADDRESS)).statusCode).toBe(405)
    expect((await you.request('GET', '/forgot-password/sent')).statusCode).toBe(404)
    expect(await db.mail.count()).toBe(0)
    await you.visit(await link())
    await save(you)
    expect(you.path).toBe('/login')
  })
})

describe('asking for a link', () => {
  test('tells nothing of who has an account: not by status, headers, body or cookies', async () => {
    const { app, db, ask } = await withAna()
    await addPerson(db, 'sue.suspended', { email: 'sue@example.org', status: 'suspended' })
    const unproven = { email: 'una@example.org', emailKey: 'una@example.org' }
    await db.user.update({ where: { id: (await addPerson(db, 'una.unproven')).user.id }, data: unproven })
    const { user } = await addPerson(db, 'pia.passkey', { email: 'pia@example.org', hash: '' })
    await storePasskey(db, user, new SoftwarePasskey())
    const addresses = ['ana', 'nob', 'una', 'sue', 'pia'].map((name) => `${name}@example.org`)
    for (const type of [FORM, JSON_TYPE]) {
      const answers = await Promise.all(
        addresses.map(async (address, i) => {
          const { statusCode, headers, body } = await ask(address, { type, ip: `192.0.2.${i}` })
          const { date: _, ...rest } = headers
          const cookie = String(headers['set-cookie']).replace(/^([^;]*)/, decodeURIComponent)
          const page = await send(app, {
            url: '/forgot-password/sent',
            cookie: String(headers['set-cookie']),
          })
          return JSON.stringify([statusCode, { ...rest, 'set-cookie': cookie }, body, page.body]).replaceAll(
            address,
            'ADDRESS',
          )
        }),
      )
      expect(answers[0]).toContain('ADDRESS')
      expect(new Set(answers).size, type).toBe(1)
    }
    const rows = await db.mail.findMany()
    expect(rows.map(({ address }) => address).sort()).toEqual([...addresses, ...addresses].sort())
    expect(new Set(rows.map(({ kind, userId, state }) => [kind, userId, state].join())).size).toBe(1)
    expect(new Set((await mailOf(app)).map(({ to }) => to))).toEqual(new Set([ADDRESS, 'pia@example.org']))
  })

  test('is counted by address and by network, in the same words for all', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { ask, db } = await withAna()
    for (const address of [ADDRESS, 'nobody@example.org']) {
      const statuses: number[] = []
      for (const spelling of [address, address.toUpperCase(), ` ${address}`, address])
        statuses.push((await ask(spelling)).statusCode)
      expect(statuses, address).toEqual([303, 303, 303, 429])
    }
    const others: number[] = []
    for (let i = 0; i < 3; i++) others.push((await ask(`other${i}@example.org`)).statusCode)
    expect(others).toEqual([303, 303, 429])
    expect((await ask(ADDRESS, { ip: '192.0.2.2' })).statusCode).toBe(303)
    expect(await db.mail.count()).toBe(9)
  })
})

describe('whoever is signed in where a link is used', () => {
  test('is signed out if the account is theirs', async () => {
    const { ana, link, visitor } = await withAna()
    const you = visitor()
    you.cookies.set('foyer-session', ana.token)
    await you.visit(await link())
    await save(you)
    expect(you.path).toBe('/login')
    await you.visit('/account')
    expect(you.path).toContain('/login')
  })

  test('stays signed in if it is another’s', async () => {
    const { db, link, visitor } = await withAna()
    const ben = await addPerson(db, 'ben.okri')
    const you = visitor()
    you.cookies.set('foyer-session', ben.token)
    await you.visit(await link())
    await save(you)
    expect(you.path).toBe('/account')
    expect(you.text('.who')).toContain('ben.okri')
    expect(await db.session.count()).toBe(1)
  })
})

test('where no mail leaves, the page says whom to ask, and takes no address', async () => {
  const { visitor } = await startApp({ BASE_URL: 'https://accounts.example.org' })
  const you = visitor()
  const host = { host: 'accounts.example.org' }
  await you.request('GET', '/forgot-password', undefined, host)
  expect(you.text()).toContain('Ask an administrator for a link')
  expect((await you.request('POST', '/forgot-password', {}, host)).statusCode).toBe(405)
})

describe('a mail for a new password', () => {
  test('asked for before the password was changed is not sent after', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db, visitor } = await startApp()
    await addPerson(db, 'ana.silva', { email: ADDRESS })
    const ana = visitor()
    await ana.request('POST', '/forgot-password', { email: ADDRESS })
    vi.setSystemTime(now() + 1000)
    await ana.logIn('ana.silva')
    await ana.request('POST', '/account/password', { current: PASSWORD, password: 'four-new-words-here' })
    expect((await mailOf(app)).map(({ subject }) => subject)).toEqual(['Your password was changed'])
    expect(await db.mail.findFirst({ where: { kind: 'reset-password' } })).toMatchObject({
      lastError: 'The password was changed since',
    })
  })

  test('that nothing could send for an hour is not sent any more', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db, visitor } = await startApp()
    await addPerson(db, 'ana.silva', { email: ADDRESS })
    await visitor().request('POST', '/forgot-password', { email: ADDRESS })
    vi.setSystemTime(now() + hours(1) + 1000)
    expect(await mailOf(app)).toEqual([])
    expect(await db.mail.findFirst()).toMatchObject({ state: 'withheld' })
  })
})
