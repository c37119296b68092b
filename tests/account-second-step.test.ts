import { expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { accountsIn } from './support/requests.ts'

/** Ana has two-step sign-in, and a browser that was let off the second step. */
async function stage() {
  const { app, db, visitor } = await startApp()
  const { user, token } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  const { code } = await addAuthenticator(app, user)
  await db.session.updateMany({ data: { provenAt: null } })
  const browser = visitor()
  browser.cookies.set('foyer-session', token)
  return { db, browser, code }
}

test('a password typed in a browser that was let off the second step shuts nobody out', async () => {
  const { db, browser } = await stage()
  const before = await accountsIn(db)
  for (const [path, form] of [
    ['/account/password', { current: PASSWORD, password: 'four-new-words-here' }],
    ['/account/email', { current: PASSWORD, email: 'thief@example.org' }],
  ] as const) {
    await browser.request('POST', path, form)
    expect([browser.answer.statusCode, browser.headline]).toEqual([403, 'Confirm it’s you'])
    expect(browser.answer.body).not.toContain(PASSWORD)
    expect((await browser.json('POST', path, form)).statusCode).toBe(403)
  }
  expect(await accountsIn(db)).toBe(before)
})

test('with the code it changes what its owner likes', async () => {
  const { db, browser, code } = await stage()
  await browser.visit('/account/password')
  await browser.fill({ 'Your password': PASSWORD, '6-digit code': code() }).press('Continue')
  expect(browser.path).toBe('/account/password')
  await browser
    .fill({ 'Your current password': PASSWORD, 'New password': 'four-new-words-here' })
    .press('Save new password')
  expect(browser.text('[role=status]')).toContain('Password changed.')
  expect(await db.auditEvent.count({ where: { event: 'password.changed' } })).toBe(1)
})
