import { describe, expect, test } from 'vitest'
import { issueToken } from '../src/accounts/token.ts'
import { days, fromNow, hours, minutes, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { FORM, send } from './support/requests.ts'
import { typeCode } from './support/second-step.ts'
import { SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

const LATER =
  /^Your account is closed, and will be erased on \d{1,2} \w+ \d{4}\. Sign in before then to keep it\.$/

/** Ana, signed in in her browser. */
async function withAna() {
  const { app, db, visitor } = await startApp()
  const { user, token } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  const ana = visitor()
  ana.cookies.set('foyer-session', token)
  const row = () => db.user.findUniqueOrThrow({ where: { id: user.id } })
  const close = async () => {
    await ana.visit('/account/delete')
    return ana.press('Delete my account')
  }
  return { app, db, visitor, ana, user, token, row, close }
}

describe('a member who deletes their account', () => {
  test('is told what happens and when, is signed out everywhere, and told by mail', async () => {
    const { app, db, visitor, ana, user, row } = await withAna()
    const phone = visitor()
    await phone.logIn('ana.silva')
    await db.device.updateMany({ data: { trustedUntil: fromNow(days(30)) } })
    await db.user.update({ where: { id: user.id }, data: { newEmail: 'ana@new.example' } })
    await issueToken(db, 'reset-password', fromNow(hours(1)), { userId: user.id })
    const undo = await issueToken(db, 'undo-email-change', fromNow(hours(1)), { userId: user.id })

    await ana.visit('/account')
    await ana.click('Delete account')
    expect(ana.text()).toContain('Your account closes now, and your data is erased after 7 days.')
    await ana.press('Delete my account')
    expect(ana.path).toBe('/login')
    expect(ana.text('[role=status]')).toMatch(LATER)
    expect(ana.document.querySelector('[role=status]')?.classList.contains('warn')).toBe(true)

    const { status, closesAt, newEmail } = await row()
    expect({ status, newEmail }).toEqual({ status: 'closing', newEmail: null })
    expect(Math.abs((closesAt?.getTime() ?? 0) - now() - days(7))).toBeLessThan(minutes(1))
    await phone.visit('/account')
    expect(phone.path).toMatch(/^\/login/)
    expect(await db.session.count()).toBe(0)
    expect((await db.device.findMany()).map(({ trustedUntil }) => trustedUntil)).toEqual([null])
    // The way back for an owner whom somebody else shut out stays.
    expect((await db.token.findMany()).map(({ purpose }) => purpose)).toEqual(['undo-email-change'])
    expect(undo.token).toHaveLength(43)
    const [mail] = (await mailOf(app)).filter(({ subject }) =>
      subject.startsWith('Your account will be erased on'),
    )
    expect(mail).toMatchObject({ to: 'ana@example.org' })
    expect(mail?.text).toContain('Sign in before then to keep it.')
  })

  test('confirms who it is, if the last proof is old', async () => {
    const { db, ana, row } = await withAna()
    await db.session.updateMany({ data: { provenAt: fromNow(-minutes(11)) } })
    await ana.visit('/account/delete')
    expect(ana.path).toBe('/account/confirm?return_to=%2Faccount%2Fdelete')
    await ana.fill({ 'Your password': PASSWORD }).press('Continue')
    expect(ana.path).toBe('/account/delete')
    await db.session.updateMany({ data: { provenAt: fromNow(-minutes(11)) } })
    await ana.press('Delete my account')
    expect((await row()).status).toBe('active')
  })

  test('can do it as JSON', async () => {
    const { ana, row } = await withAna()
    const answer = await ana.json('POST', '/account/delete', {})
    const { closesAt } = await row()
    expect(answer.json()).toEqual({ status: 'success', closesAt: closesAt?.toISOString() })
  })

  test('is refused as the last administrator', async () => {
    const { ana, db, row, close } = await withAna()
    await db.user.updateMany({ data: { role: 'admin' } })
    await addPerson(db, 'ada.suspended', { role: 'admin', status: 'suspended' })
    await close()
    expect(ana.answer.statusCode).toBe(409)
    expect(ana.text()).toContain('At least one administrator must stay.')
    expect((await row()).status).toBe('active')
    expect(await db.auditEvent.count({ where: { event: 'user.closing' } })).toBe(0)
  })

  test('of two administrators who close at once one stays', async () => {
    const { app, db } = await startApp()
    for (let round = 0; round < 20; round++) {
      await db.user.deleteMany()
      const admins = [
        await addPerson(db, 'ada.admin', { role: 'admin' }),
        await addPerson(db, 'mira.okafor', { role: 'admin' }),
      ]
      const body = { type: FORM, body: '' }
      const answers = await Promise.all(
        admins.map(({ cookie }) => send(app, { method: 'POST', url: '/account/delete', cookie, ...body })),
      )
      expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, 409])
      expect(await db.user.count({ where: { status: 'active' } })).toBe(1)
    }
  })
})

describe('a member who comes back in time', () => {
  test('keeps the account, is signed in, told by mail, and goes on to where they wanted', async () => {
    const { app, db, ana, row, close } = await withAna()
    await close()
    await ana.visit('/login?return_to=/account/name')
    await ana.fill({
      'Email address or username': 'ana.silva',
      Password: PASSWORD,
      'Keep me signed in on this device': '1',
    })
    await ana.press('Sign in')
    expect(ana.path).toBe('/keep-account?remember=1&return_to=%2Faccount%2Fname')
    expect(ana.text()).toMatch(/The account of ana\.silva is closed\. On \d{1,2} \w+ \d{4} it will be erased/)
    expect(await db.session.count()).toBe(0)

    await ana.press('Keep my account')
    expect(ana.path).toBe('/account/name')
    expect(ana.text('[role=status]')).toBe('Welcome back. Your account will not be deleted.')
    expect(await row()).toMatchObject({ status: 'active', closesAt: null })
    expect((await db.session.findFirst())?.remember).toBe(true)
    expect((await mailOf(app)).map(({ subject }) => subject)).toContain('Your account will not be deleted')
    await ana.visit('/account/delete')
    expect(ana.headline).toBe('Delete your account')
  })

  test('may leave it closing', async () => {
    const { db, ana, row, close } = await withAna()
    await close()
    await ana.logIn('ana.silva')
    await ana.press('Leave it closing')
    expect(ana.path).toBe('/login')
    expect((await row()).status).toBe('closing')
    expect(await db.token.count()).toBe(0)
    await ana.visit('/keep-account')
    expect(ana.answer.statusCode).toBe(410)
  })

  test('gives their second factor before they are asked', async () => {
    const { app, db, ana, user, row, close } = await withAna()
    const { code } = await addAuthenticator(app, user)
    await close()
    await ana.logIn('ana.silva')
    expect(ana.path).toBe('/login/two-factor')
    // The token of one step opens no other.
    ana.cookies.set('foyer-keep-account', ana.cookies.get('foyer-two-factor') ?? '')
    await ana.request('POST', '/keep-account', {})
    expect(ana.answer.statusCode).toBe(410)
    expect((await row()).status).toBe('closing')

    ana.cookies.delete('foyer-keep-account')
    await ana.visit('/login/two-factor')
    await typeCode(ana, code())
    expect(ana.path).toBe('/keep-account')
    await ana.press('Keep my account')
    expect(ana.path).toBe('/account')
    expect((await db.session.findFirst())?.provenAt).not.toBeNull()
  })

  test('may come by a passkey', async () => {
    const { db, ana, user, row, close } = await withAna()
    const phone = new SoftwarePasskey()
    await storePasskey(db, user, phone)
    await close()
    const asked = await ana.json('POST', '/login/passkey/options', {})
    for (const { name, value } of asked.cookies) ana.cookies.set(name, value)
    await ana.request('POST', '/login/passkey', { credential: JSON.stringify(phone.get(asked.json())) })
    await ana.visit(String(ana.answer.headers.location))
    await ana.press('Keep my account')
    expect((await row()).status).toBe('active')
  })

  test('keeps it once, and not with a step that is too old or of an account that is suspended', async () => {
    const { db, ana, visitor, user, row, close } = await withAna()
    await close()
    const keep = async (expiresAt: Date) => {
      const { token } = await issueToken(db, 'keep-account', expiresAt, { userId: user.id })
      const browser = visitor()
      browser.cookies.set('foyer-keep-account', token)
      await browser.request('POST', '/keep-account', {})
      return browser.answer.statusCode
    }
    expect(await keep(fromNow(-1))).toBe(410)
    await db.user.update({ where: { id: user.id }, data: { status: 'suspended' } })
    expect(await keep(fromNow(hours(1)))).toBe(410)
    expect((await row()).status).toBe('suspended')
    await db.user.update({ where: { id: user.id }, data: { status: 'closing' } })

    await ana.logIn('ana.silva')
    const tries = Array.from({ length: 16 }, () => {
      const browser = visitor()
      browser.cookies.set('foyer-keep-account', ana.cookies.get('foyer-keep-account') ?? '')
      return browser.request('POST', '/keep-account', {})
    })
    const codes = (await Promise.all(tries)).map(({ statusCode }) => statusCode)
    expect(codes.sort()).toEqual([303, ...Array(15).fill(410)])
    expect(await db.auditEvent.count({ where: { event: 'user.kept' } })).toBe(1)
  })

  test('as JSON too', async () => {
    const { ana, row, close } = await withAna()
    await close()
    const answer = await ana.json('POST', '/login', { login: 'ana.silva', password: PASSWORD })
    expect(answer.json()).toEqual({ status: 'success', next: '/keep-account' })
    for (const { name, value } of answer.cookies) ana.cookies.set(name, value)
    const { closesAt } = await row()
    const asked = await ana.json('GET', '/keep-account')
    expect(asked.json()).toEqual({
      ...{ status: 'success', username: 'ana.silva', closesAt: closesAt?.toISOString() },
    })
    expect((await ana.json('POST', '/keep-account', {})).json()).toEqual({ status: 'success' })
    expect((await row()).status).toBe('active')
  })

  test('though they forgot their password', async () => {
    const { app, ana, row, close } = await withAna()
    await close()
    await mailOf(app)
    await ana.visit('/forgot-password')
    await ana.fill({ 'Email address': 'ana@example.org' }).press('Send me a link')
    const [mail] = await mailOf(app)
    await ana.visit(linkIn(mail))
    await ana.fill({ 'New password': 'four-new-words-here' }).press('Save new password')
    expect(ana.path).toBe('/login')
    expect((await row()).status).toBe('closing')
    await ana.logIn('ana.silva', 'four-new-words-here')
    await ana.press('Keep my account')
    expect(ana.path).toBe('/account')
  })

  test('though somebody else had changed their address and closed it', async () => {
    const { app, db, ana, user, row, close } = await withAna()
    const { token } = await issueToken(db, 'undo-email-change', fromNow(days(7)), {
      ...{ userId: user.id, address: 'ana@example.org' },
    })
    const email = 'thief@example.org'
    await db.user.update({ where: { id: user.id }, data: { email, emailKey: email, provenEmailKey: email } })
    await close()
    await mailOf(app)
    await ana.visit(`/undo-email-change?token=${token}`)
    await ana.press('Yes, keep my address')
    const [mail] = await mailOf(app)
    expect(mail?.to).toBe('ana@example.org')
    await ana.visit(linkIn(mail))
    await ana.fill({ Password: 'four-new-words-here' }).press('Save password')
    await ana.logIn('ana@example.org', 'four-new-words-here')
    await ana.press('Keep my account')
    expect(await row()).toMatchObject({ status: 'active', email: 'ana@example.org' })
  })
})

test('administrators see when an account closes, and can’t suspend it', async () => {
  const { db, visitor, ana, user, close } = await withAna()
  await close()
  const { token } = await addPerson(db, 'ada.admin', { role: 'admin' })
  const ada = visitor()
  ada.cookies.set('foyer-session', token)
  await ada.visit('/admin/users?status=closing')
  await ada.click('ana.silva')
  expect(ada.text('.big p')).toMatch(/^Closing on \d{1,2} \w+ \d{4} Signed up/)
  await ada.request('POST', `/admin/users/${user.id}/suspend`, {})
  expect(ada.answer.statusCode).toBe(409)
  await ana.logIn('ana.silva')
  expect(ana.path).toBe('/keep-account')
})
