import { afterEach, describe, expect, test, vi } from 'vitest'
import { startApp } from './support/app.ts'

const PASSWORD = 'correct-horse-battery'

afterEach(() => void vi.useRealTimers())

describe('a visitor signs up', () => {
  test('and is in', async () => {
    const { visitor, db } = await startApp()
    const ana = visitor()
    await ana.visit('/')
    expect(ana.headline).toBe('Create your account')

    await ana.signUp('Ana.Silva', { email: 'Ana@Example.ORG' })

    expect(ana.path).toBe('/account')
    expect(ana.headline).toBe('Your account')
    expect(ana.text('[role=status]')).toBe('Welcome, ana.silva. Your account is ready.')
    expect(ana.text()).toContain('ana.silva')
    expect(ana.text()).toContain('Ana@example.org')
    const user = await db.user.findUniqueOrThrow({ where: { username: 'ana.silva' } })
    expect(user).toMatchObject({
      email: 'Ana@example.org',
      provenEmailKey: null,
      role: 'member',
      status: 'active',
    })
    await ana.visit('/account')
    expect(ana.text('[role=status]')).toBe('')
    expect(user.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,(t=2,p=1|p=1,t=2)\$/)
  })

  test('and everything of it is one transaction: account, session, audit row', async () => {
    const { visitor, db } = await startApp()
    await visitor({ ip: '198.51.100.7' }).signUp('ana.silva')
    const user = await db.user.findUniqueOrThrow({
      where: { username: 'ana.silva' },
      include: { sessions: true },
    })
    expect(user.sessions).toMatchObject([{ ip: '198.51.100.7', remember: false }])
    expect(await db.auditEvent.findMany()).toMatchObject([
      { event: 'user.registered', actor: user.id, subjectId: user.id, ip: '198.51.100.7', via: 'html' },
    ])
  })

  test('and goes on to where they came from', async () => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.visit('/register?return_to=/account/name')
    await ana.fill({ Username: 'ana.silva', Password: PASSWORD }).press('Create account')
    expect(ana.path).toBe('/account/name')
  })
})

describe('a rejected sign-up', () => {
  test('names every problem at once, keeps what was typed, and never the password', async () => {
    const { visitor, db } = await startApp()
    const ana = visitor()
    await ana.visit('/register')
    await ana
      .fill({ 'Email address (optional)': 'ana.example.org', Username: 'a b', Password: 'short-secret' })
      .press('Create account')

    expect(ana.answer.statusCode).toBe(422)
    expect(ana.document.title).toBe('Error: Create your account – Foyer')
    expect(ana.text('#problem h2')).toBe('There are 2 things to fix')
    expect(ana.errorAt('Email address (optional)')).toBe(
      'Enter your full email address, like name@example.org',
    )
    expect(ana.errorAt('Username')).toBe('Use only letters, numbers, dots, hyphens or underscores')
    expect(ana.field('Username').getAttribute('value')).toBe('a b')
    expect(ana.field('Username').getAttribute('aria-invalid')).toBe('true')
    expect(ana.field('Password').hasAttribute('value')).toBe(false)
    expect(ana.answer.body).not.toContain('short-secret')
    expect(await db.user.count()).toBe(0)
    expect(ana.cookies.size).toBe(0)
  })

  test.each([
    ['', 'Choose a password'],
    ['seven-7', 'Make it 12 characters or more. It has 7'],
    ['x'.repeat(257), 'Make it 256 characters or fewer. It has 257'],
    ['ana.silva.2026', 'Leave your username, your email address and “Foyer” out of it'],
    ['aaaaaaaaaaaaaaa', 'That password is easy to guess. Try three random words'],
    [
      'passwordpassword',
      'That password has turned up in a data leak. Choose one you don’t use anywhere else',
    ],
    ['abcdefghijklmnop', 'That password is easy to guess. Try three random words'],
    ['jonathan1234567', undefined],
  ])('says why the password %j will not do', async (password, error) => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva', { password })
    if (error) expect(ana.errorAt('Password')).toBe(error)
    else expect(ana.path).toBe('/account')
  })

  test('suggests free names for a taken one, which can be picked without scripts', async () => {
    const { visitor } = await startApp()
    await visitor().signUp('ana.silva')
    const second = visitor({ ip: '198.51.100.2' })
    await second.signUp('ana.silva', { email: 'second@example.org' })
    expect(second.errorAt('Username')).toBe('That username is taken. Try another, or pick one below')
    const names = [...second.document.querySelectorAll('button[form=suggest]')].map(
      (button) => button.textContent ?? '',
    )
    expect(names).toHaveLength(3)

    const [pick = ''] = names
    await second.press(pick)
    expect(second.answer.statusCode).toBe(200)
    expect(second.field('Username').getAttribute('value')).toBe(pick)
    expect(second.field('Email address (optional)').getAttribute('value')).toBe('second@example.org')
    await second.fill({ Password: PASSWORD }).press('Create account')
    expect(second.path).toBe('/account')
  })

  test.each(['ANA.SILVA', 'ana.si1va', 'ANA.SI1VA', 'ａｎａ.silva'])(
    'takes %s for a look-alike of a name',
    async (name) => {
      const { visitor, db } = await startApp()
      await visitor().signUp('ana.silva')
      const second = visitor({ ip: '198.51.100.2' })
      await second.signUp(name)
      expect(second.answer.statusCode).toBe(422)
      expect(await db.user.count()).toBe(1)
    },
  )

  test('keeps names of the service and of routes to itself', async () => {
    const { visitor } = await startApp({ BRAND_NAME: 'Acme Cloud' })
    const visitor1 = visitor()
    for (const name of ['admin', 'r00t', 'register', 'acme.cloud', 'ADMIN']) {
      await visitor1.signUp(name)
      expect([name, visitor1.errorAt('Username')]).toEqual([
        name,
        'That username is kept for the service. Try another',
      ])
    }
  })
})

describe('a program that fills in what people do not see', () => {
  test('is answered like a success, and nothing is made', async () => {
    const { visitor, db } = await startApp()
    const bot = visitor()
    const answer = await bot.request('POST', '/register', {
      username: 'bot',
      password: PASSWORD,
      website: 'x',
    })
    expect(answer.statusCode).toBe(303)
    expect(await db.user.count()).toBe(0)
    expect(await db.auditEvent.findMany()).toMatchObject([
      { event: 'registration.honeypot', actor: 'visitor' },
    ])
  })
})

describe('too many sign-ups from one network', () => {
  test('have to wait, and are told so without a hash', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { visitor, app } = await startApp()
    for (let i = 0; i < 20; i++)
      await visitor({ ip: `2001:db8::${i}` }).request('POST', '/register', {
        username: `bot-${i}-x`,
        password: PASSWORD,
      })
    const before = { ...app.passwords.counts }
    const neighbour = visitor({ ip: '2001:db8::ffff' })
    await neighbour.signUp('one.more')
    expect(neighbour.answer.statusCode).toBe(429)
    expect(neighbour.headline).toBe('Please wait 1 minute')
    expect(neighbour.answer.headers['retry-after']).toBe('60')
    expect(app.passwords.counts).toEqual(before)
    await visitor({ ip: '2001:db8:0:1::1' }).signUp('from.elsewhere')
    expect(app.passwords.counts).not.toEqual(before)
  })
})

describe('the JSON side of /register', () => {
  test('makes an account from a username and a password', async () => {
    const { visitor } = await startApp()
    const answer = await visitor().json('POST', '/register', { username: 'ana.silva', password: PASSWORD })
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toMatchObject({ status: 'success', user: { username: 'ana.silva' } })
  })

  test('says what is wrong, field by field, with stable codes', async () => {
    const { visitor } = await startApp()
    const answer = await visitor().json('POST', '/register', { username: 'a', password: 'short' })
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toEqual({
      status: 'error',
      message: 'There are 2 things to fix',
      errors: {
        username: 'Make it 3 characters or more',
        password: 'Make it 12 characters or more. It has 5',
      },
      codes: { username: 'username.short', password: 'password.short' },
    })
  })

  test('has names to pick from beside the sentence, not below it', async () => {
    const { visitor } = await startApp()
    await visitor().signUp('ana.silva')
    const second = visitor({ ip: '198.51.100.2' })
    const answer = await second.json('POST', '/register', { username: 'ana.silva', password: PASSWORD })
    expect(answer.json()).toMatchObject({
      errors: { username: 'That username is taken. Try another' },
      codes: { username: 'username.taken' },
      suggestions: [expect.any(String), expect.any(String), expect.any(String)],
    })
  })

  test.each(['GET', 'PUT', 'PATCH', 'DELETE'] as const)('refuses %s', async (method) => {
    const { visitor } = await startApp()
    const answer = await visitor().json(method, '/register')
    expect(answer.statusCode).toBe(405)
    expect(answer.json()).toEqual({ status: 'error', message: 'Invalid request method' })
    expect(answer.headers.allow).toContain('POST')
  })
})

describe('an installation', () => {
  test('without e-mail asks for none and takes none', async () => {
    const { visitor } = await startApp({ EMAIL: 'off' })
    const ana = visitor()
    await ana.visit('/register')
    expect(() => ana.field('Email address (optional)')).toThrow()
    const answer = await ana.json('POST', '/register', {
      username: 'ana',
      password: PASSWORD,
      email: 'a@b.org',
    })
    expect(answer.json()).toMatchObject({ codes: { email: 'field.unknown' } })
  })

  test('that is closed says so and takes nobody', async () => {
    const { visitor, db } = await startApp({ SIGN_UP: 'closed' })
    const ana = visitor()
    await ana.visit('/')
    expect(ana.path).toBe('/login')
    await ana.visit('/register')
    expect(ana.headline).toBe('Sign-up is closed')
    const answer = await ana.request('POST', '/register', { username: 'ana.silva', password: PASSWORD })
    expect(answer.statusCode).toBe(405)
    expect(await db.user.count()).toBe(0)
  })

  test('has a footer for its links, and none without any', async () => {
    for (const [env, links] of [
      [{}, undefined],
      [{ TERMS_URL: 'https://example.org/terms' }, 'Terms'],
    ] as const) {
      const { visitor } = await startApp(env)
      const ana = visitor()
      await ana.visit('/register')
      expect(ana.document.querySelector('footer')?.textContent?.trim()).toBe(links)
      await ana.signUp('ana.silva')
      // Beside them the time zone of what is told of one’s account.
      const after = [...ana.document.querySelectorAll('footer a')].map(({ textContent }) => textContent)
      expect(after).toEqual([...(links ? [links] : []), 'Time zone: UTC'])
    }
  })

  test('may ask for longer passwords', async () => {
    const { visitor } = await startApp({ PASSWORD_MIN_LENGTH: '15' })
    const ana = visitor()
    await ana.signUp('ana.silva', { password: 'fourteen-chars' })
    expect(ana.errorAt('Password')).toBe('Make it 15 characters or more. It has 14')
  })
})
