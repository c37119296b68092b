import { describe, expect, test } from 'vitest'
import { setupLink } from '../src/features/setup/make-admin.ts'
import { startApp } from './support/app.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import type { Visitor } from './support/visitor.ts'

const MISMATCH =
  'Those details don’t match an account. Check your email or username, then type your password again'

describe('a member', () => {
  test('signs out and in again, and goes on to where they wanted', async () => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await ana.press('Sign out')
    expect(ana.path).toBe('/login')
    expect(ana.text('[role=status]')).toBe('You’re signed out.')
    expect([...ana.cookies.keys()]).toEqual(['foyer-device'])

    await ana.visit('/account/name')
    expect(ana.path).toBe('/login?return_to=%2Faccount%2Fname')
    await ana
      .fill({ 'Email address or username': 'ANA.silva', Password: 'correct-horse-battery' })
      .press('Sign in')
    expect(ana.path).toBe('/account/name')
    expect(ana.headline).toBe('Your account')
  })

  test('sees a notice once', async () => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await ana.press('Sign out')
    await ana.visit('/login')
    expect(ana.document.querySelector('[role=status]:not([hidden])')).toBeNull()
  })

  test('signs in by a proven e-mail address, and not by one that is only a claim', async () => {
    const { visitor, db } = await startApp()
    await visitor().signUp('ana.silva', { email: 'ana@example.org' })
    const ana = visitor()
    await ana.logIn('ana@example.org')
    expect(ana.errorAt('Email address or username') ?? ana.text('#problem li')).toBe(MISMATCH)

    await db.user.update({ where: { username: 'ana.silva' }, data: { provenEmailKey: 'ana@example.org' } })
    await ana.logIn('ANA@Example.org')
    expect(ana.path).toBe('/account')
  })

  test('stays signed in on this device when they ask for it', async () => {
    const { visitor, db } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await ana.press('Sign out')
    await ana.visit('/login')
    await ana.fill({
      'Email address or username': 'ana.silva',
      Password: 'correct-horse-battery',
      'Keep me signed in on this device': '1',
    })
    await ana.press('Sign in')
    const session = await db.session.findFirstOrThrow()
    expect(session.remember).toBe(true)
  })

  test('who is signed in already is led past the pages for visitors', async () => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    for (const path of ['/login', '/register', '/']) {
      await ana.visit(path)
      expect(ana.path).toBe('/account')
    }
  })
})

describe('a rejected sign-in', () => {
  test('asks for what is missing', async () => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.visit('/login')
    await ana.press('Sign in')
    expect(ana.answer.statusCode).toBe(422)
    expect(ana.text('#problem')).toContain('Enter your email address or username')
    expect(ana.text('#problem')).toContain('Type your password')
  })

  test('keeps the name, not the password, and tells nothing about the account', async () => {
    const { visitor, db } = await startApp()
    await visitor().signUp('ana.silva')
    await visitor().signUp('ben.okri')
    await db.user.update({ where: { username: 'ben.okri' }, data: { status: 'suspended' } })
    const answers = []
    for (const [login, password] of [
      ['ana.silva', 'wrong-horse-battery'],
      ['nobody.here', 'wrong-horse-battery'],
      ['ben.okri', 'correct-horse-battery'],
    ] as const) {
      const stranger = visitor({ ip: '203.0.113.9' })
      await stranger.logIn(login, password)
      expect(stranger.field('Email address or username').getAttribute('value')).toBe(login)
      answers.push({
        status: stranger.answer.statusCode,
        body: stranger.answer.body.replaceAll(login, 'NAME'),
      })
    }
    expect(answers[0]?.status).toBe(422)
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
    expect(answers[0]?.body).not.toContain('wrong-horse-battery')
  })
})

describe('the JSON side', () => {
  test('signs in and out', async () => {
    const { visitor } = await startApp()
    await visitor().json('POST', '/register', { username: 'ana.silva', password: 'correct-horse-battery' })
    const answer = await visitor().json('POST', '/login', {
      login: 'ana.silva',
      password: 'correct-horse-battery',
    })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ status: 'success', user: { username: 'ana.silva' } })
    expect((await visitor().json('POST', '/logout', {})).json()).toEqual({ status: 'success' })
  })

  test('says that a page needs signing in', async () => {
    const { visitor } = await startApp()
    const answer = await visitor().json('GET', '/account')
    expect(answer.statusCode).toBe(401)
    expect(answer.json()).toEqual({ status: 'error', message: 'Sign in first.' })
  })
})

describe('the device that somebody signs in from', () => {
  const WINDOWS = {
    'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  }
  const from = (browser: Visitor, login: string, headers = {}) =>
    browser.request('POST', '/login', { login, password: PASSWORD }, headers)

  test('is told by mail if it is a new one; the first and the known are not', async () => {
    const { app, db, visitor } = await startApp()
    await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
    const [own, other] = [visitor(), visitor()]
    const signInAgain = async (browser: Visitor, login: string, headers = {}) => {
      browser.cookies.delete('foyer-session')
      await from(browser, login, headers)
    }
    await signInAgain(own, 'ana.silva')
    await signInAgain(own, 'ana@example.org')
    expect(await mailOf(app)).toEqual([])
    // By what the browser holds, not by what it calls itself.
    await signInAgain(other, 'ana.silva', WINDOWS)
    await signInAgain(other, 'ana.silva')
    const mails = await mailOf(app)
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      ['ana@example.org', 'New sign-in from Firefox on Windows'],
    ])
  })

  test('is told to the first administrator too, who was made and not signed up', async () => {
    const services = await startApp()
    const { app, visitor } = services
    const operator = visitor()
    await operator.visit((await setupLink(services))?.replace('http://localhost:3000', '') ?? '')
    await operator.request('POST', '/setup', {
      username: 'mira.okafor',
      email: 'mira@example.org',
      password: PASSWORD,
    })
    await from(visitor(), 'mira.okafor', WINDOWS)
    expect((await mailOf(app)).map(({ to }) => to)).toEqual(['mira@example.org'])
  })
})

test('a name or an address that was copied out of a mail of ours signs in', async () => {
  const { db, visitor } = await startApp()
  await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  for (const login of ['ana\u2060.\u2060silva', 'ana\u2060@\u2060example\u2060.\u2060org']) {
    const ana = visitor()
    await ana.logIn(login)
    expect(ana.path).toBe('/account')
  }
})
