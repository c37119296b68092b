import { afterEach, describe, expect, test, vi } from 'vitest'
import { issueToken } from '../src/accounts/token.ts'
import { fromNow, hours, minutes, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { codeIn, linkIn, mailOf } from './support/mailbox.ts'
import { SMTP } from './support/mails.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { type Answer, everythingIn } from './support/requests.ts'
import type { Visitor } from './support/visitor.ts'

afterEach(() => void vi.useRealTimers())

const REQUIRED = { EMAIL: 'required', ...SMTP }

/** All that an answer tells, but for what is random in every one of them. */
function told({ statusCode, headers, body }: Answer) {
  const { date: _, 'set-cookie': cookies, ...others } = headers
  const masked = (text: string) => text.replace(/[\w-]{43}|[0-9a-f]{8}-[0-9a-f-]{27}|reader\d+/g, '…')
  return masked(JSON.stringify([statusCode, others, cookies, body]))
}

const signUpForm = (username: string, email: string) => ({ username, email, password: PASSWORD })

async function typeCode(visitor: Visitor, code: string) {
  return (await visitor.request('POST', '/register/check-email', { code })).statusCode
}

describe('whether an address is known', () => {
  test('shows nowhere: sign-up, its page, another mail, a code, in HTML and in JSON', async () => {
    const { db, visitor } = await startApp(REQUIRED)
    await addPerson(db, 'olga.owner', { email: 'reader1@example.org' })
    await addPerson(db, 'sam.suspended', { email: 'reader3@example.org', status: 'suspended' })
    const stories = await Promise.all(
      [1, 2, 3].map(async (n) => {
        const email = `reader${n}@example.org`
        const prober = visitor({ ip: `192.0.2.${n}` })
        const answers: Answer[] = []
        answers.push(await prober.request('POST', '/register', signUpForm(`reader${n}`, email)))
        answers.push(await prober.request('GET', '/register/check-email'))
        answers.push(await prober.request('POST', '/register/resend', { email }))
        for (let i = 0; i < 6; i++)
          answers.push(await prober.request('POST', '/register/check-email', { code: '123456' }))
        answers.push(await prober.json('POST', '/register/resend', { email }))
        answers.push(await prober.json('POST', '/register', signUpForm(`reader${n}00`, email)))
        answers.push(await visitor({ ip: `192.0.2.${n}` }).request('POST', '/register/resend', { email }))
        return answers.map(told)
      }),
    )
    expect(stories[0]).toHaveLength(12)
    expect(stories[1]).toEqual(stories[0])
    expect(stories[2]).toEqual(stories[0])
  })
})

describe('whoever signs up first with somebody else’s address', () => {
  test('gains nothing when its owner presses the button, and can’t keep the address from them', async () => {
    const { app, db, visitor } = await startApp(REQUIRED)
    const mallory = visitor({ ip: '198.51.100.1' })
    await mallory.signUp('mallory', { email: 'vera@example.org', password: 'mallory-knows-this' })
    const [toVera] = await mailOf(app)

    const vera = visitor()
    await vera.visit(linkIn(toVera))
    await vera.press('Yes, confirm my address')
    expect(vera.path).toBe('/login')
    await mallory.logIn('mallory', 'mallory-knows-this')
    expect(mallory.answer.statusCode).toBe(422)
    await mallory.visit('/account')
    expect(mallory.path).toMatch(/^\/login/)

    await vera.signUp('vera', { email: 'vera@example.org' })
    const [own] = await mailOf(app)
    await vera.visit(linkIn(own))
    await vera.press('Yes, confirm my address')
    expect(vera.path).toBe('/account')

    // Should she ever hand over the first mail: the address is hers by now.
    await mallory.visit(linkIn(toVera))
    await mallory.press('Yes, confirm my address')
    expect(mallory.answer.statusCode).toBe(409)
    expect(await db.user.findUnique({ where: { provenEmailKey: 'vera@example.org' } })).toMatchObject({
      username: 'vera',
    })
  })

  test('can’t guess the code: five tries, then a pause that outlasts it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, visitor } = await startApp(REQUIRED)
    const mallory = visitor()
    await mallory.signUp('mallory', { email: 'vera@example.org' })
    const [mail] = await mailOf(app)
    const wrong = codeIn(mail) === '000000' ? '000001' : '000000'
    for (let i = 0; i < 5; i++) expect(await typeCode(mallory, wrong)).toBe(422)
    for (let waited = 0; waited < 10; waited++) {
      expect(await typeCode(mallory, codeIn(mail))).toBe(429)
      vi.setSystemTime(now() + minutes(1))
    }
    expect(await typeCode(mallory, codeIn(mail))).toBe(422)
  })
})

describe('a code', () => {
  test('is of one sign-up alone, must look like one, and says what to do', async () => {
    const { app, visitor } = await startApp(REQUIRED)
    const [ana, ben] = [visitor(), visitor()]
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    await ben.signUp('ben.okri', { email: 'ben@example.org' })
    const [toAna, toBen] = await mailOf(app)
    expect(codeIn(toAna)).toMatch(/^\d{6}$/)
    if (codeIn(toAna) !== codeIn(toBen)) expect(await typeCode(ben, codeIn(toAna))).toBe(422)
    for (const [typed, words] of [
      ['', 'Type the 6-digit code'],
      ['12345', 'The code is 6 digits, like 294016'],
      ['12345a', 'The code is 6 digits, like 294016'],
    ] as const) {
      expect(await typeCode(ben, typed)).toBe(422)
      expect(ben.errorAt('Or type the 6-digit code')).toBe(words)
    }
    expect(await typeCode(ben, codeIn(toBen))).toBe(303)
    expect(
      (await visitor().request('POST', '/register/check-email', { code: codeIn(toAna) })).statusCode,
    ).toBe(410)
  })
})

describe('a link', () => {
  test('can be opened by scanners as often as they like: looking changes nothing', async () => {
    const { app, db, visitor } = await startApp(REQUIRED)
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    const [mail] = await mailOf(app)
    const before = await everythingIn(db)
    for (let i = 0; i < 10; i++) {
      const scanner = visitor({ ip: '203.0.113.5' })
      await scanner.visit(linkIn(mail))
      expect(scanner.headline).toBe('One last step')
    }
    expect(await everythingIn(db)).toBe(before)
    await ana.visit(linkIn(mail))
    expect(ana.path).toBe('/verify-email')
    await ana.press('Yes, confirm my address')
    expect(ana.path).toBe('/account')
  })

  test('works once, of 64 uses at the same time', async () => {
    const { app, db, visitor } = await startApp(REQUIRED)
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    const [mail] = await mailOf(app)
    await ana.visit(linkIn(mail))
    const cookies = new Map(ana.cookies)
    const uses = Array.from({ length: 64 }, async () => {
      const tab = visitor()
      for (const [name, value] of cookies) tab.cookies.set(name, value)
      await tab.request('POST', '/verify-email', {})
      return `${tab.answer.statusCode} ${tab.answer.headers.location ?? ''}`.trim()
    })
    const answers = await Promise.all(uses)
    expect(answers.filter((answer) => answer === '303 /account')).toHaveLength(1)
    expect(await db.session.count()).toBe(1)
    expect(await db.auditEvent.count({ where: { event: 'email.proven' } })).toBe(1)
    expect(new Set(answers)).not.toContain('500')
  })

  test('that is empty, short, of another purpose, used or too old gets one answer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db, visitor } = await startApp(REQUIRED)
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    const [mail] = await mailOf(app)
    await ana.visit(linkIn(mail))
    await ana.press('Yes, confirm my address')
    const { user } = await addPerson(db, 'mona.member')
    const about = { userId: user.id, address: 'mona@example.org' }
    const reset = await issueToken(db, 'reset-password', fromNow(hours(1)), about)
    const old = await issueToken(db, 'verify-email', fromNow(-1), about)
    const used = linkIn(mail).replace(/.*=/, '')
    const answers = new Set<string>()
    for (const token of ['', 'x', used, reset.token, old.token, 'a'.repeat(43), 'a'.repeat(1900)]) {
      const opener = visitor()
      await opener.visit(`/verify-email?token=${token}`)
      answers.add(told(opener.answer))
      opener.cookies.set('foyer-verify-email', token)
      answers.add(told(await opener.request('POST', '/verify-email', {})).replace('/verify-email', ''))
      expect(opener.answer.statusCode).toBe(410)
    }
    expect(answers.size).toBe(1)
  })

  test('is refused to whoever is signed in to another account', async () => {
    const { app, db, visitor } = await startApp(REQUIRED)
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    const [mail] = await mailOf(app)
    const { token } = await addPerson(db, 'mona.member')
    const mona = visitor()
    mona.cookies.set('foyer-session', token)
    await mona.visit(linkIn(mail))
    await mona.press('Yes, confirm my address')
    expect(mona.answer.statusCode).toBe(409)
    expect(await db.user.count({ where: { status: 'pending' } })).toBe(1)
  })
})

describe('the mail, asked for again', () => {
  test('goes to a corrected address, and the link to the mistaken one proves nothing any more', async () => {
    const { app, db, visitor } = await startApp(REQUIRED)
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.or' })
    const [mistaken] = await mailOf(app)
    await ana.fill({ 'Email address': 'ana@example.org' }).press('Send it there')
    expect(ana.path).toBe('/register/check-email')
    expect(ana.text('[role=status]')).toBe('We’ve sent the link again.')
    expect(ana.text('.lead')).toContain('ana@example.org')
    const [corrected, ...more] = await mailOf(app)
    expect([corrected?.to, more.length]).toEqual(['ana@example.org', 0])
    await ana.visit(linkIn(mistaken))
    expect(ana.answer.statusCode).toBe(410)
    await ana.visit(linkIn(corrected))
    await ana.press('Yes, confirm my address')
    expect(await db.user.findFirst()).toMatchObject({ email: 'ana@example.org', status: 'active' })
  })

  test('comes twice at once and then once a minute; no more than five in a quarter of an hour', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db, visitor } = await startApp(REQUIRED)
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    const again = async () =>
      (await ana.request('POST', '/register/resend', { email: 'ana@example.org' })).statusCode
    expect([await again(), await again(), await again()]).toEqual([303, 303, 429])
    expect(ana.headline).toBe('Please wait 1 minute')
    for (let i = 0; i < 6; i++) {
      vi.setSystemTime(now() + minutes(1))
      expect(await again()).toBe(303)
    }
    expect(await mailOf(app)).toHaveLength(5)
    expect(await db.mail.count({ where: { state: 'withheld' } })).toBe(4)
  })

  test('in another browser, by the address alone', async () => {
    const { app, visitor } = await startApp(REQUIRED)
    await visitor().signUp('ana.silva', { email: 'ana@example.org' })
    await mailOf(app)
    const phone = visitor()
    await phone.visit('/register/check-email')
    await phone.fill({ 'Email address': 'Ana@example.org' }).press('Send a new link')
    expect(phone.path).toBe('/register/check-email')
    const [mail, ...more] = await mailOf(app)
    expect([mail?.to, more.length]).toEqual(['ana@example.org', 0])
  })

  test('is not needed when the sign-up is sent twice: same account, no other mail, and the page goes on', async () => {
    const { app, db, visitor } = await startApp(REQUIRED)
    await visitor().signUp('ana.silva', { email: 'ana@example.org' })
    const again = visitor()
    await again.signUp('ana.silva', { email: 'ana@example.org' })
    expect(again.path).toBe('/register/check-email')
    expect([await db.user.count(), await db.mail.count()]).toEqual([1, 1])
    const [mail] = await mailOf(app)
    expect(await typeCode(again, codeIn(mail))).toBe(303)
  })
})
