import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { days, minutes, now, seconds } from '../src/time.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { answeringRoutes, send } from './support/requests.ts'
import { atTheStep, RECOVERY_WRONG, typeCode, WRONG } from './support/second-step.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

describe('after a right password', () => {
  test('an authenticator’s code is asked for, and lets in', async () => {
    const { ana, db, code } = await atTheStep()
    expect(ana.path).toBe('/login/two-factor')
    expect(ana.headline).toBe('Enter your code')
    expect(await db.session.count()).toBe(0)
    await typeCode(ana, '')
    expect(ana.errorAt('6-digit code')).toBe('Type the 6-digit code')
    await typeCode(ana, '29401')
    expect(ana.errorAt('6-digit code')).toBe('The code is 6 digits, like 294016')
    await typeCode(ana, code(minutes(5)))
    expect(ana.errorAt('6-digit code')).toBe(WRONG)
    expect(ana.field('6-digit code').getAttribute('value')).toBeNull()
    const digits = code()
    await typeCode(ana, `${digits.slice(0, 3)} ${digits.slice(3)}`)
    expect(ana.path).toBe('/account')
    expect(ana.cookies.has('foyer-two-factor')).toBe(false)
    expect((await db.session.findFirstOrThrow()).provenAt?.getTime()).toBe(now())
  })

  test('what was chosen before the step counts after it', async () => {
    const { ana, db, code } = await atTheStep()
    await ana.visit('/login?return_to=/account/name')
    await ana
      .fill({
        'Email address or username': 'ana.silva',
        Password: PASSWORD,
        'Keep me signed in on this device': '1',
      })
      .press('Sign in')
    await typeCode(ana, code(minutes(5)))
    await typeCode(ana, code())
    expect(ana.path).toBe('/account/name')
    expect((await db.session.findFirstOrThrow()).remember).toBe(true)
  })

  test('a recovery code lets in, however it is written, once, and its owner is told what is left', async () => {
    const { app, ana, recovery } = await atTheStep()
    const [first = '', second = ''] = recovery
    await typeCode(ana, ` ${first.toUpperCase().replaceAll('-', ' ').replace('0', 'O').replace('1', 'l')} `)
    expect(ana.path).toBe('/account')
    expect(ana.text()).toContain('Recovery codes 9 of 10 left')
    const [mail] = await mailOf(app)
    expect(mail?.subject).toBe('A recovery code was used')
    expect(mail?.text).toContain('You have 9\nrecovery codes left.')

    await ana.press('Sign out')
    await ana.logIn('ana.silva')
    await typeCode(ana, first)
    expect(ana.errorAt('6-digit code')).toBe(RECOVERY_WRONG)
    await typeCode(ana, second.replaceAll('-', ''))
    expect(ana.path).toBe('/account')
  })

  test('three codes left are few: the account page says so', async () => {
    const { ana, db, code, user } = await atTheStep()
    const used = await db.recoveryCode.findMany({ take: 7, select: { id: true } })
    const where = { userId: user.id, id: { in: used.map(({ id }) => id) } }
    await db.recoveryCode.updateMany({ where, data: { usedAt: new Date() } })
    await typeCode(ana, code())
    expect(ana.text('.flash.warn')).toBe('You have 3 recovery codes left. Make new ones.')
  })

  test('who has closed their account types the code, and is then asked whether to keep it', async () => {
    const { ana, db, user, code } = await atTheStep()
    const closesAt = new Date(now() + days(3))
    await db.user.update({ where: { id: user.id }, data: { status: 'closing', closesAt } })
    await ana.logIn('ana.silva')
    expect(ana.path).toBe('/login/two-factor')
    await typeCode(ana, code())
    expect(ana.path).toBe('/keep-account')
    expect(await db.session.count()).toBe(0)
  })

  test('nobody is let in by somebody else’s recovery code or app', async () => {
    const { app, db, ana } = await atTheStep()
    const ben = await addAuthenticator(app, (await addPerson(db, 'ben.okri')).user)
    await typeCode(ana, ben.recovery[0] ?? '')
    expect(ana.errorAt('6-digit code')).toBe(RECOVERY_WRONG)
    await typeCode(ana, ben.code())
    expect(ana.errorAt('6-digit code')).toBe(WRONG)
    expect(await db.recoveryCode.count({ where: { usedAt: { not: null } } })).toBe(0)
  })

  test('a program goes on in the same two steps', async () => {
    const { ana, code, visitor } = await atTheStep()
    const program = visitor()
    const json = { accept: 'application/json' }
    const first = await program.request('POST', '/login', { login: 'ana.silva', password: PASSWORD }, json)
    expect(first.json()).toEqual({ status: 'success', next: '/login/two-factor' })
    const wrong = await program.request('POST', '/login/two-factor', { code: '1' }, json)
    expect(wrong.json()).toMatchObject({ codes: { code: 'code.form' } })
    const second = await program.request('POST', '/login/two-factor', { code: code() }, json)
    expect(second.json()).toMatchObject({ status: 'success', user: { username: 'ana.silva' } })
    expect(ana.cookies.has('foyer-session')).toBe(false)
  })
})

describe('the step', () => {
  test('is over after ten minutes, and there is none without a password', async () => {
    const { ana, code, visitor } = await atTheStep()
    vi.setSystemTime(now() + minutes(10))
    await ana.request('POST', '/login/two-factor', { code: code() })
    expect(ana.answer.statusCode).toBe(410)
    expect(ana.headline).toBe('Please sign in again')
    await ana.click('Sign in')
    expect(ana.path).toBe('/login')
    const stranger = visitor()
    await stranger.visit('/login/two-factor')
    expect(stranger.answer.statusCode).toBe(410)
  })

  test('leads in once', async () => {
    const { ana, code, visitor } = await atTheStep()
    const again = visitor()
    again.cookies.set('foyer-two-factor', ana.cookies.get('foyer-two-factor') ?? '')
    await typeCode(ana, code())
    await again.request('POST', '/login/two-factor', { code: code(seconds(30)) })
    expect(again.answer.statusCode).toBe(410)
  })

  test('opens nothing but itself and the way out (ASVS 5.0 2.3.1)', async () => {
    const { app, db, ana } = await atTheStep()
    const step = ana.cookies.get('foyer-two-factor') ?? ''
    const open = async (cookie: string) => {
      const answers = []
      for (const { method, url } of answeringRoutes(app)) {
        if (url === '/logout' || url.startsWith('/login/two-factor')) continue
        const address = url.replace(':id', '01890000-0000-7000-8000-000000000000')
        const { statusCode, headers } = await send(app, { method, url: address, cookie })
        answers.push(`${method} ${url} ${statusCode} ${headers.location}`)
      }
      return answers
    }
    const asNobody = await open('')
    for (const name of ['two-factor', 'session', 'setup', 'reset-password', 'verify-email', 'keep-account'])
      expect(await open(`foyer-${name}=${step}`), name).toEqual(asNobody)
    expect(await db.session.count()).toBe(0)
  })

  test('ends with signing out', async () => {
    const { ana, db, code } = await atTheStep()
    const step = ana.cookies.get('foyer-two-factor') ?? ''
    await ana.request('POST', '/logout', {})
    expect(ana.cookies.has('foyer-two-factor')).toBe(false)
    expect(await db.token.count()).toBe(0)
    ana.cookies.set('foyer-two-factor', step)
    await ana.request('POST', '/login/two-factor', { code: code() })
    expect(ana.answer.statusCode).toBe(410)
  })
})

describe('a device that isn’t to be asked again', () => {
  test('is let off for thirty days, but not from proving who it is', async () => {
    const { ana, db, code, visitor } = await atTheStep()
    await ana
      .fill({ '6-digit code': code(), 'Don’t ask again on this device for 30 days': '1' })
      .press('Continue')
    expect(ana.path).toBe('/account')
    await ana.press('Sign out')
    vi.setSystemTime(now() + days(29))
    await ana.logIn('ana.silva')
    expect(ana.path).toBe('/account')
    expect((await db.session.findFirstOrThrow({ orderBy: { id: 'desc' } })).provenAt).toBeNull()
    await ana.visit('/account/two-factor')
    expect(ana.path).toBe('/account/confirm?return_to=%2Faccount%2Ftwo-factor')

    const other = visitor()
    await other.logIn('ana.silva')
    expect(other.path).toBe('/login/two-factor')
    await ana.press('Continue')
    await ana.request('POST', '/logout', {})
    vi.setSystemTime(now() + days(1))
    await ana.logIn('ana.silva')
    expect(ana.path).toBe('/login/two-factor')
  })
})

describe('the way back by mail', () => {
  test('leads to the second step, with all devices asked again: a mailbox is one factor', async () => {
    const { app, ana, code } = await atTheStep()
    await ana
      .fill({ '6-digit code': code(), 'Don’t ask again on this device for 30 days': '1' })
      .press('Continue')
    await ana.press('Sign out')
    await ana.visit('/forgot-password')
    await ana.fill({ 'Email address': 'ana@example.org' }).press('Send me a link')
    await ana.visit(linkIn((await mailOf(app)).find(({ subject }) => subject === 'Set a new password')))
    await ana.fill({ 'New password': 'four-new-words-here' }).press('Save new password')
    expect(ana.path).toBe('/login')
    await ana.logIn('ana.silva', 'four-new-words-here')
    expect(ana.path).toBe('/login/two-factor')
    vi.setSystemTime(now() + seconds(30))
    await typeCode(ana, code())
    expect(ana.path).toBe('/account')
  })

  test('and a new address takes nothing from the second step', async () => {
    const { app, ana, db, code } = await atTheStep()
    await typeCode(ana, code())
    await ana.visit('/account/email')
    const typed = { 'New email address': 'new@example.org', 'Your current password': PASSWORD }
    await ana.fill(typed).press('Send the link')
    await ana.visit(linkIn((await mailOf(app)).find(({ to }) => to === 'new@example.org')))
    await ana.press('Yes, confirm my address')
    expect(await db.user.findFirst()).toMatchObject({ provenEmailKey: 'new@example.org' })
    await ana.request('POST', '/logout', {})
    await ana.logIn('new@example.org')
    expect(ana.path).toBe('/login/two-factor')
  })
})
