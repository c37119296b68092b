import { afterEach, describe, expect, test, vi } from 'vitest'
import { mailAgain } from '../src/accounts/sign-up.ts'
import { days, fromNow } from '../src/time.ts'
import { codeIn, linkIn, mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import { purge } from './support/purge.ts'
import { withApproval } from './support/requests-waiting.ts'

afterEach(() => void vi.useRealTimers())

const WAITS = 'Your account still waits for approval. You can sign in once somebody has looked at it'
const MISMATCH =
  'Those details don’t match an account. Check your email or username, then type your password again'

/** How a sign-up goes on from its form, by what it takes of an address. */
const MODES = [
  ['off', {}],
  ['optional', {}],
  ['optional', { email: 'ana@example.org' }],
  ['required', { email: 'ana@example.org' }],
] as const

describe.each(MODES)('a sign-up with EMAIL=%s and %o', (EMAIL, typed) => {
  async function signedUp() {
    const services = await withApproval({ EMAIL })
    const { app, visitor } = services
    const ana = visitor()
    await ana.visit('/register')
    expect(ana.text()).toContain('Then somebody looks at your sign-up')
    await ana.signUp('ana.silva', typed)
    if (EMAIL === 'required') {
      expect(ana.path).toBe('/register/check-email')
      const [mail] = await mailOf(app)
      await ana.visit(linkIn(mail))
      await ana.press('Yes, confirm my address')
    }
    const user = () => services.db.user.findUnique({ where: { username: 'ana.silva' } })
    return { ...services, ana, user }
  }

  test('waits, is told so after the right password alone, and is in once an administrator has let it', async () => {
    const { app, ana, db, mira, user } = await signedUp()
    expect(ana.path).toBe('/register/awaiting-approval')
    expect(ana.headline).toBe('Somebody will look at your sign-up')
    expect(await user()).toMatchObject({ status: 'pending' })
    expect(await db.session.count({ where: { user: { username: 'ana.silva' } } })).toBe(0)

    await ana.logIn('ana.silva', 'not the password')
    expect(ana.errorAt('Email address or username')).toBe(MISMATCH)
    await ana.logIn('ana.silva')
    expect(ana.errorAt('Email address or username')).toBe(WAITS)

    await mira.visit('/admin/requests')
    await mira.tick('Select ana.silva').press('Approve')
    expect(mira.text('[role=status]')).toBe('ana.silva can sign in now.')
    expect(mira.text()).toContain('Nobody is waiting')
    const mails = (await mailOf(app)).filter(({ to }) => to === 'ana@example.org')
    expect(mails.map(({ subject }) => subject)).toEqual('email' in typed ? ['You can sign in now'] : [])

    await ana.logIn('ana.silva')
    expect(ana.path).toBe('/account')
    await ana.visit('/account/activity')
    expect(ana.text()).toContain('Sign-up approved')
  })

  test('that is sent again because its answer was lost, waits once', async () => {
    const { ana, db } = await signedUp()
    await ana.signUp('ana.silva', typed)
    expect(ana.path).toBe('/register/awaiting-approval')
    expect([await db.user.count(), await db.signUpRequest.count()]).toEqual([3, 1])
  })

  test('waits as long as it takes', async () => {
    const { ana, db, user } = await signedUp()
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(fromNow(days(40)))
    await purge(db)
    expect(await user()).toMatchObject({ status: 'pending' })
    await ana.logIn('ana.silva')
    expect(ana.errorAt('Email address or username')).toBe(WAITS)
  })
})

describe('an address that must be proven first', () => {
  test('by the code, leads on to waiting, and signs nobody in', async () => {
    const { app, db, visitor } = await withApproval({ EMAIL: 'required' })
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    expect(await db.signUpRequest.count()).toBe(0)
    const [mail] = await mailOf(app)
    await ana.fill({ 'Or type the 6-digit code': codeIn(mail) }).press('Confirm my address')
    expect(ana.path).toBe('/register/awaiting-approval')
    expect(await db.user.findUnique({ where: { username: 'ana.silva' } })).toMatchObject({
      ...{ status: 'pending', provenEmailKey: 'ana@example.org' },
    })
    expect([await db.signUp.count(), await db.signUpRequest.count()]).toEqual([0, 1])
    await ana.visit('/account')
    expect(ana.path).toContain('/login')
  })

  test('by the link in another browser, leads from the password on to waiting', async () => {
    const { app, db, visitor } = await withApproval({ EMAIL: 'required' })
    await visitor().signUp('ana.silva', { email: 'ana@example.org' })
    const [mail] = await mailOf(app)
    const phone = visitor({ ip: '192.0.2.99' })
    await phone.visit(linkIn(mail))
    await phone.press('Yes, confirm my address')
    await phone.fill({ 'Email address or username': 'ana.silva', Password: PASSWORD }).press('Sign in')
    expect(phone.path).toBe('/register/awaiting-approval')
    expect(await db.session.count({ where: { user: { username: 'ana.silva' } } })).toBe(0)
    expect(await db.signUpRequest.count()).toBe(1)
  })

  test('still runs out, with the sign-up', async () => {
    const { db, visitor } = await withApproval({ EMAIL: 'required' })
    await visitor().signUp('ana.silva', { email: 'ana@example.org' })
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(fromNow(days(3.1)))
    await purge(db)
    expect(await db.user.count()).toBe(2)
  })

  test('isn’t another one by a correction that comes too late', async () => {
    const { db } = await withApproval()
    const { user } = await addPerson(db, 'eve.hacker', { status: 'pending', email: 'eve@example.org' })
    const boss = { email: 'boss@example.org', key: 'boss@example.org' }
    await db.$transaction((tx) => mailAgain(tx, user, boss, source))
    expect(await db.user.findUniqueOrThrow({ where: { id: user.id } })).toMatchObject({
      ...{ email: 'eve@example.org', emailKey: 'eve@example.org', provenEmailKey: 'eve@example.org' },
    })
    expect(await db.mail.count({ where: { address: boss.email } })).toBe(0)
  })

  test('proven by whoever was invited, makes them wait for nobody', async () => {
    const { app, db, visitor, mira } = await withApproval({ EMAIL: 'required' })
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    const { id } = await db.invitation.create({
      data: { role: 'member', usesLeft: 0, createdBy: mira.id, expiresAt: fromNow(days(1)) },
    })
    await db.user.update({ where: { username: 'ana.silva' }, data: { invitationId: id } })
    const [mail] = await mailOf(app)
    await ana.visit(linkIn(mail))
    await ana.press('Yes, confirm my address')
    expect(ana.path).toBe('/account')
  })
})

describe('who waits', () => {
  test('and confirms their address by a link, waits still', async () => {
    const { app, db, visitor } = await withApproval({ EMAIL: 'optional' })
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    await ana.request('POST', '/register/resend', { email: 'ana@example.org' })
    const mail = (await mailOf(app)).find(({ to }) => to === 'ana@example.org')
    await ana.visit(linkIn(mail))
    await ana.press('Yes, confirm my address')
    await ana.fill({ 'Email address or username': 'ana.silva', Password: PASSWORD }).press('Sign in')
    expect(ana.path).toBe('/register/awaiting-approval')
    expect(await db.user.findUnique({ where: { username: 'ana.silva' } })).toMatchObject({
      ...{ status: 'pending', provenEmailKey: 'ana@example.org' },
    })
    expect([await db.session.count(), await db.signUpRequest.count()]).toEqual([2, 1])
  })

  test('and is let in after they opened the link, is led back to it by their sign-in', async () => {
    const { app, db, mira, visitor } = await withApproval({ EMAIL: 'optional' })
    await visitor().signUp('ana.silva', { email: 'ana@example.org' })
    await visitor().request('POST', '/register/resend', { email: 'ana@example.org' })
    const phone = visitor({ ip: '192.0.2.99' })
    await phone.visit(linkIn((await mailOf(app)).find(({ to }) => to === 'ana@example.org')))
    await phone.press('Yes, confirm my address')
    const { id } = await db.user.findUniqueOrThrow({ where: { username: 'ana.silva' } })
    await mira.request('POST', '/admin/requests', { id, do: 'approve' })
    await phone.fill({ 'Email address or username': 'ana.silva', Password: PASSWORD }).press('Sign in')
    expect(phone.path).toBe('/verify-email')
    await phone.press('Yes, confirm my address')
    expect(phone.path).toBe('/account')
    expect(await db.user.findUnique({ where: { id } })).toMatchObject({ provenEmailKey: 'ana@example.org' })
  })

  test('gets no link for a new password', async () => {
    const { app, db, visitor } = await withApproval({ EMAIL: 'optional' })
    await visitor().signUp('ana.silva', { email: 'ana@example.org' })
    await db.user.update({ where: { username: 'ana.silva' }, data: { provenEmailKey: 'ana@example.org' } })
    await visitor().request('POST', '/forgot-password', { email: 'ana@example.org' })
    expect((await mailOf(app)).filter(({ to }) => to === 'ana@example.org')).toEqual([])
  })

  test('waits on when sign-up is opened to everybody', async () => {
    const { app, db, visitor } = await withApproval({ EMAIL: 'optional' })
    const ana = visitor()
    await ana.signUp('ana.silva')
    app.config.signUp = 'open'
    await ana.logIn('ana.silva')
    expect(ana.errorAt('Email address or username')).toBe(WAITS)
    expect(await db.signUpRequest.count()).toBe(1)
  })
})

describe('a program', () => {
  test('is told by JSON that its sign-up waits', async () => {
    const { visitor } = await withApproval()
    const answer = await visitor().json('POST', '/register', { username: 'ana.silva', password: PASSWORD })
    expect([answer.statusCode, answer.json()]).toMatchObject([
      201,
      { status: 'success', user: { username: 'ana.silva' }, pending: true },
    ])
    const logIn = await visitor().json('POST', '/login', { login: 'ana.silva', password: PASSWORD })
    expect(logIn.json().codes).toEqual({ login: 'login.waiting' })
  })

  test('that fills in what people don’t see, is answered the same', async () => {
    const { db, visitor } = await withApproval()
    const sent = { username: 'robot', password: PASSWORD }
    const answers = [
      await visitor().request('POST', '/register', { ...sent, website: 'x' }),
      await visitor().request('POST', '/register', sent),
    ]
    const told = answers.map(({ statusCode, headers, cookies }) => [statusCode, headers.location, cookies])
    expect(told[0]).toEqual(told[1])
    expect(await db.signUpRequest.count()).toBe(1)
  })
})

describe('whether an address is known', () => {
  test.each(['required', 'optional'])('is told by no answer with EMAIL=%s', async (EMAIL) => {
    const { db, visitor } = await withApproval({ EMAIL })
    await addPerson(db, 'known.person', { email: 'known@example.org' })
    const answers = []
    for (const [name, email] of [
      ['ana.one', 'known@example.org'],
      ['ana.two', 'nobody@example.org'],
    ] as const) {
      const ana = visitor()
      await ana.visit('/register')
      const sent = await ana.request('POST', '/register', { username: name, email, password: PASSWORD })
      await ana.visit(String(sent.headers.location))
      const page = ana.answer.body.replaceAll(email, 'EMAIL')
      await ana.logIn(name)
      const { location } = sent.headers
      answers.push([sent.statusCode, location, sent.body, page, ana.answer.statusCode, ana.text('main')])
    }
    const [known, unknown] = answers.map((answer) =>
      JSON.stringify(answer).replaceAll(/ana\.(one|two)/g, 'NAME'),
    )
    expect(known).toBe(unknown)
  })
})
