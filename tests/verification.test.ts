import { afterEach, describe, expect, test, vi } from 'vitest'
import { fromNow, hours, minutes } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { askFor, confirmAt, OWN } from './support/change-of-address.ts'
import { codeIn, linkIn, mailOf } from './support/mailbox.ts'
import { SMTP } from './support/mails.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { purge } from './support/purge.ts'

afterEach(() => void vi.useRealTimers())

const REQUIRED = { EMAIL: 'required' }

async function signedUp(env: Record<string, string> = REQUIRED) {
  const services = await startApp(env)
  const ana = services.visitor()
  await ana.signUp('ana.silva', { email: 'ana@example.org' })
  return { ...services, ana }
}

describe('signing up where the address must be proven', () => {
  test('waits for the mail; the link, opened and confirmed in the same browser, signs in', async () => {
    const { app, db, ana } = await signedUp()
    expect(ana.path).toBe('/register/check-email')
    expect(ana.text()).toContain('ana@example.org')
    const [mail, ...more] = await mailOf(app)
    expect([mail?.to, mail?.subject, more.length]).toEqual([
      'ana@example.org',
      'Confirm your email address',
      0,
    ])

    await ana.visit(linkIn(mail))
    expect(ana.path).toBe('/verify-email')
    expect(await db.user.findFirst()).toMatchObject({ status: 'pending', provenEmailKey: null })
    await ana.press('Yes, confirm my address')
    expect(ana.path).toBe('/account')
    expect(ana.text('[role=status]')).toBe('Welcome, ana.silva. Your account is ready.')
    expect(await db.user.findFirst()).toMatchObject({ status: 'active', provenEmailKey: 'ana@example.org' })
    expect(await db.signUp.count()).toBe(0)
  })

  test('takes the code of the mail too', async () => {
    const { app, ana } = await signedUp()
    const [mail] = await mailOf(app)
    const code = codeIn(mail)
    await ana.fill({ 'Or type the 6-digit code': `${code.slice(0, 3)} ${code.slice(3)}` })
    await ana.press('Confirm my address')
    expect(ana.path).toBe('/account')
  })

  test('asks for the password in another browser, and only then confirms', async () => {
    const { app, db, visitor } = await signedUp()
    const [mail] = await mailOf(app)
    const phone = visitor({ ip: '192.0.2.99' })
    await phone.visit(linkIn(mail))
    await phone.press('Yes, confirm my address')
    expect(phone.path).toBe('/login')
    expect(await db.user.findFirst()).toMatchObject({ status: 'pending', provenEmailKey: null })
    await phone.fill({ 'Email address or username': 'ana.silva', Password: 'not the password' })
    await phone.press('Sign in')
    expect(phone.answer.statusCode).toBe(422)
    await phone.fill({ 'Email address or username': 'ana.silva', Password: PASSWORD }).press('Sign in')
    expect(phone.path).toBe('/account')
    expect(await db.user.findFirst()).toMatchObject({ status: 'active', provenEmailKey: 'ana@example.org' })
  })

  test('opens nothing before: the account can’t sign in', async () => {
    const { visitor } = await signedUp()
    const other = visitor()
    await other.logIn('ana.silva')
    expect(other.answer.statusCode).toBe(422)
    await other.visit('/account')
    expect(other.path).toMatch(/^\/login/)
  })

  test('leads on to where the visitor came from', async () => {
    const { app, visitor } = await startApp({ ...REQUIRED, RETURN_ORIGINS: 'https://app.example.org' })
    const ana = visitor()
    await ana.visit('/register?return_to=/account/name')
    await ana
      .fill({ Username: 'ana.silva', Password: PASSWORD, 'Email address': 'ana@example.org' })
      .press('Create account')
    const [mail] = await mailOf(app)
    await ana.visit(linkIn(mail))
    await ana.press('Yes, confirm my address')
    expect(ana.path).toBe('/account/name')
  })
})

describe('an address that belongs to somebody', () => {
  test('gets one mail a day that says so, and the visitor sees what everybody sees', async () => {
    const { app, db, visitor } = await startApp(REQUIRED)
    await addPerson(db, 'olga.owner', { email: 'olga@example.org' })
    const prober = visitor()
    for (const username of ['eve.one', 'eve.two']) {
      await prober.signUp(username, { email: 'olga@example.org' })
      expect(prober.path).toBe('/register/check-email')
    }
    const mails = await mailOf(app)
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      ['olga@example.org', 'You already have an account'],
    ])
    expect(mails[0]?.text).not.toMatch(/token=/)
    expect(await db.user.count({ where: { status: 'pending' } })).toBe(2)
    expect(await db.token.count()).toBe(0)
    expect((await db.mail.findMany({ where: { state: 'sent' } })).map(({ kind }) => kind)).toEqual([
      'already-registered',
    ])
  })
})

test('says for how long the link works, as it is set', async () => {
  const { ana } = await signedUp({ ...REQUIRED, ...SMTP, CONFIRM_WITHIN_HOURS: '24' })
  expect(ana.text('.lead')).toContain('It works for 24 hours, on any device.')
})

test('a sign-up that is not confirmed goes after 72 hours, with its name and its link', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { app, db, ana, visitor } = await signedUp()
  const [mail] = await mailOf(app)
  vi.setSystemTime(fromNow(hours(72) - minutes(1)))
  await purge(db)
  expect(await db.user.count()).toBe(1)
  vi.setSystemTime(fromNow(minutes(2)))
  await ana.visit(linkIn(mail))
  expect(ana.answer.statusCode).toBe(410)
  await purge(db)
  expect([await db.user.count(), await db.signUp.count()]).toEqual([0, 0])
  expect(await db.auditEvent.count({ where: { event: 'registration.expired' } })).toBe(1)
  const other = visitor()
  await other.signUp('ana.silva', { email: 'ana@example.org' })
  expect(other.path).toBe('/register/check-email')
})

describe('a link that is opened where its owner is not signed in', () => {
  test('leads a member through the sign-in back to the button', async () => {
    const { app, db, visitor } = await startApp()
    const { user } = await addPerson(db, 'ana.silva', { email: OWN })
    const desk = visitor()
    await desk.logIn('ana.silva')
    await askFor(desk, 'new@example.org')
    const mail = (await mailOf(app)).find(({ to }) => to === 'new@example.org')

    const phone = visitor({ ip: '192.0.2.77' })
    await confirmAt(phone, linkIn(mail))
    expect(phone.path).toBe('/login?return_to=/verify-email')
    await phone.fill({ 'Email address or username': 'ana.silva', Password: PASSWORD }).press('Sign in')
    expect(phone.path).toBe('/verify-email')
    await phone.press('Yes, confirm my address')
    expect(phone.path).toBe('/account')
    expect(await db.user.findUnique({ where: { id: user.id } })).toMatchObject({ email: 'new@example.org' })
  })

  test('never keeps a member from signing in, should it have come to nothing', async () => {
    const { app, db, visitor } = await startApp()
    await addPerson(db, 'ana.silva', { email: OWN })
    const desk = visitor()
    await desk.logIn('ana.silva')
    await askFor(desk, 'new@example.org')
    const mail = (await mailOf(app)).find(({ to }) => to === 'new@example.org')
    await addPerson(db, 'ben.okri', { email: 'new@example.org' })
    const phone = visitor()
    await confirmAt(phone, linkIn(mail))
    await phone.fill({ 'Email address or username': 'ana.silva', Password: PASSWORD }).press('Sign in')
    expect(phone.path).toBe('/verify-email')
    await phone.press('Yes, confirm my address')
    expect(phone.answer.statusCode).toBe(409)
  })

  test('is refused to a program, which would take a success for done', async () => {
    const { app, visitor } = await startApp({ EMAIL: 'required' })
    await visitor().signUp('ana.silva', { email: OWN })
    const [mail] = await mailOf(app)
    const other = visitor()
    await other.visit(linkIn(mail))
    expect((await other.json('POST', '/verify-email', {})).statusCode).toBe(401)
  })
})

test('without addresses there are no pages about them', async () => {
  const { visitor } = await startApp({ EMAIL: 'off' })
  for (const path of ['/register/check-email', '/verify-email', '/undo-email-change', '/account/email'])
    expect((await visitor().request('GET', path)).statusCode, path).toBe(404)
  expect((await visitor().request('POST', '/register/resend', { email: OWN })).statusCode).toBe(404)
})
