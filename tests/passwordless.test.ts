import { afterEach, describe, expect, test, vi } from 'vitest'
import { hours, now } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { logInBy, optionsFor, SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

afterEach(() => void vi.useRealTimers())

/** A member with so many passkeys who is signed in. */
async function stage({
  passkeys = 1,
  email = 'ana@example.org' as string | null,
  hash = undefined as string | undefined,
  twoStep = false,
} = {}) {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { app, db, visitor } = await startApp()
  const { user, token } = await addPerson(db, 'ana.silva', {
    ...(email && { email }),
    ...(hash !== undefined && { hash }),
  })
  const phone = new SoftwarePasskey()
  let owner = user
  for (const key of [phone, new SoftwarePasskey()].slice(0, passkeys)) {
    await storePasskey(db, owner, key)
    owner = await db.user.findUniqueOrThrow({ where: { id: user.id } })
  }
  if (twoStep) await addAuthenticator(app, user)
  const ana = visitor()
  ana.cookies.set('foyer-session', token)
  const account = () => db.user.findUniqueOrThrow({ where: { id: user.id } })
  return { app, db, visitor, ana, phone, user, account }
}

describe('a member with a passkey', () => {
  test('does without a password: others are signed out, a mail tells, and only the passkey signs in', async () => {
    const { app, db, visitor, ana, phone, account } = await stage({ passkeys: 2 })
    const other = visitor()
    await other.logIn('ana.silva')
    await ana.visit('/account/password')
    await ana.click('Or do without a password')
    await ana.press('Remove my password')
    expect(ana.text('[role=status]')).toBe('Password removed. You’re signed out on your other devices.')
    expect(ana.text('#r-password summary')).toBe('Password None, you sign in with a passkey Set one')
    expect((await account()).passwordHash).toBe('')
    expect(await db.session.count()).toBe(1)
    const [mail] = (await mailOf(app)).filter(({ subject }) => subject === 'Your password was removed')
    expect(mail?.to).toBe('ana@example.org')

    for (const password of [PASSWORD, '', ' ']) {
      await other.logIn('ana.silva', password)
      expect(other.answer.statusCode).toBe(422)
    }
    await logInBy(other, phone)
    expect(other.answer.headers.location).toBe('/account')
  })

  test('is hashed for like anybody else: a password for an account without one takes the same work', async () => {
    const { app, visitor } = await stage({ hash: '' })
    const before = app.passwords.counts.verifications
    const other = visitor()
    await other.logIn('ana.silva')
    expect(other.errorAt('Email address or username')).toContain('Those details don’t match an account')
    expect(app.passwords.counts.verifications).toBe(before + 1)
  })

  test('needs a way back in for the day that the passkey is lost', async () => {
    for (const [passkeys, email, twoStep, status] of [
      [0, 'ana@example.org', true, 409],
      [1, null, true, 409],
      [1, 'ana@example.org', false, 409],
      [1, 'ana@example.org', true, 200],
      [2, null, false, 200],
    ] as const) {
      const { ana, account } = await stage({ passkeys, email, twoStep })
      await ana.visit('/account/password/remove')
      expect(ana.text().includes('You need another way in first'), `${passkeys}`).toBe(status === 409)
      const answer = await ana.json('POST', '/account/password/remove', {})
      expect(answer.statusCode, `${passkeys} passkeys, ${email}, ${twoStep}`).toBe(status)
      expect((await account()).passwordHash === '').toBe(status === 200)
    }
  })
})

describe('a member without a password', () => {
  test('sets one by a fresh proof alone', async () => {
    const { ana, phone, visitor } = await stage({ hash: '' })
    vi.setSystemTime(now() + hours(1))
    await ana.visit('/account/password')
    expect(ana.path).toBe('/account/confirm?return_to=%2Faccount%2Fpassword')
    expect(ana.document.querySelector('input[type=password]')).toBeNull()
    const stale = await ana.json('POST', '/account/password', { password: 'four-new-words-here' })
    expect(stale.statusCode).toBe(403)

    const options = await optionsFor(ana, '/account/confirm/passkey')
    const credential = JSON.stringify(phone.get(options))
    await ana.request('POST', '/account/confirm/passkey', { credential, return_to: '/account/password' })
    expect(ana.answer.headers.location).toBe('/account/password')
    await ana.visit('/account/password')
    expect(() => ana.field('Your current password')).toThrow()
    await ana.fill({ 'New password': 'short' }).press('Save new password')
    expect(ana.errorAt('New password')).toContain('Make it 12 characters or more')
    await ana.fill({ 'New password': 'four-new-words-here' }).press('Save new password')
    expect(ana.text('[role=status]')).toContain('Password changed.')
    const other = visitor()
    await other.logIn('ana.silva', 'four-new-words-here')
    expect(other.path).toBe('/account')
  })

  test('changes the address by a fresh proof alone', async () => {
    const { app, ana, account } = await stage({ hash: '' })
    await ana.visit('/account/email')
    await ana.fill({ 'New email address': 'new@example.org' }).press('Send the link')
    expect((await account()).newEmail).toBe('new@example.org')
    await mailOf(app)
    vi.setSystemTime(now() + hours(1))
    const stale = await ana.json('POST', '/account/email', { email: 'other@example.org' })
    expect(stale.statusCode).toBe(403)
    expect((await account()).newEmail).toBe('new@example.org')
  })

  test('keeps the last passkey, whatever is removed at the same time', async () => {
    const { ana, db } = await stage({ hash: '', passkeys: 2 })
    const ids = (await db.passkey.findMany()).map(({ id }) => id)
    const answers = await Promise.all(ids.map((id) => ana.json('POST', `/account/passkeys/${id}/remove`, {})))
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
    const left = await db.passkey.findFirstOrThrow()
    const last = await ana.request('POST', `/account/passkeys/${left.id}/remove`, {})
    expect(last.statusCode).toBe(409)
    expect(ana.text()).toContain('This is the only way into your account.')
    expect(ana.document.querySelector('a[href="/account/password"]')).not.toBeNull()
    expect(await db.passkey.count()).toBe(1)
  })

  test('never comes about beside the removal of the only passkey', async () => {
    const { ana, db, account } = await stage({ twoStep: true })
    const { id } = await db.passkey.findFirstOrThrow()
    await Promise.all([
      ana.json('POST', `/account/passkeys/${id}/remove`, {}),
      ana.json('POST', '/account/password/remove', {}),
    ])
    const { passwordHash } = await account()
    expect(passwordHash !== '' || (await db.passkey.count()) === 1).toBe(true)
  })
})
