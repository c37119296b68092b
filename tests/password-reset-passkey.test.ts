import { expect, test } from 'vitest'
import { findToken } from '../src/accounts/token.ts'
import { resetPassword } from '../src/features/password-reset/reset-password.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { ADDRESS, NEW_PASSWORD, save, withAna } from './support/password-reset.ts'
import { addPerson, source } from './support/people.ts'
import { FORM, JSON_TYPE, send } from './support/requests.ts'
import { typeCode } from './support/second-step.ts'
import { logInBy, SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

/** Ana does without a password: a passkey alone lets her in. */
async function byPasskeyAlone() {
  const services = await withAna()
  const { app, db, ana } = services
  const phone = new SoftwarePasskey()
  await storePasskey(db, ana.user, phone)
  await db.user.update({ where: { id: ana.user.id }, data: { passwordHash: '' } })
  const you = services.visitor()
  const askAndRead = async () => {
    await you.visit('/forgot-password')
    await you.fill({ 'Email address': ADDRESS }).press('Send me a link')
    expect([you.path, you.headline]).toEqual(['/forgot-password/sent', 'Check your email'])
    const mails = await mailOf(app)
    expect(mails.map(({ to }) => to)).toEqual([ADDRESS])
    return mails[0]
  }
  const mira = await addPerson(db, 'mira.okafor', { role: 'admin' })
  const page = `/admin/users/${ana.user.id}`
  const act = (action: string, type = FORM) => {
    const body = type === FORM ? '' : '{}'
    return send(app, { method: 'POST', url: `${page}/${action}`, type, body, cookie: mira.cookie })
  }
  return { ...services, phone, you, askAndRead, mira, page, act }
}

test('whose passkey alone lets them in is mailed no link, and sets a password once signed in', async () => {
  const { db, you, phone, askAndRead, current } = await byPasskeyAlone()
  const mail = await askAndRead()
  expect(mail?.subject).toBe('Sign in with your passkey')
  expect(mail?.text).toContain('It has none: sign in with your passkey.')
  expect(mail?.text).toContain('http://localhost:3000/login')
  expect(mail?.text).not.toContain('token=')
  expect(await db.token.count()).toBe(0)
  expect(await db.mail.findFirstOrThrow()).toMatchObject({ state: 'sent', kind: 'reset-by-passkey' })

  expect((await logInBy(you, phone)).statusCode).toBe(303)
  await you.visit('/account/password')
  await you.fill({ 'New password': NEW_PASSWORD }).press('Save new password')
  expect(you.text('[role=status]')).toContain('Password changed.')
  expect(await current()).not.toBe('')
})

test('a link from before opens nothing once a passkey is the only way in', async () => {
  const { app, db, ana, you, issue, link, current } = await byPasskeyAlone()
  await addAuthenticator(app, ana.user)
  const old = await link()
  const token = await issue()
  const row = await findToken(db, 'reset-password', token)
  await db.authenticator.deleteMany()
  await you.visit(old)
  expect(you.answer.statusCode).toBe(410)
  const late = await you.request('POST', '/reset-password', { password: NEW_PASSWORD })
  expect(late.statusCode).toBe(410)
  if (!row) throw new Error('The link should be live')
  await expect(resetPassword(app, row, NEW_PASSWORD, source)).rejects.toMatchObject({ status: 410 })
  expect(await current()).toBe('')
})

test('nor one that is used at the moment when two-step sign-in is turned off', async () => {
  const { app, db, ana, issue, current } = await byPasskeyAlone()
  await addAuthenticator(app, ana.user)
  const row = await findToken(db, 'reset-password', await issue())
  if (!row) throw new Error('The link should be live')
  const hash = async (password: string) => {
    await db.authenticator.deleteMany()
    return app.passwords.hash(password)
  }
  const meanwhile = { ...app, passwords: { ...app.passwords, hash } }
  await expect(resetPassword(meanwhile, row, NEW_PASSWORD, source)).rejects.toMatchObject({ status: 410 })
  expect(await current()).toBe('')
})

test('with a second step the link sets a password, and the code is asked for after it', async () => {
  const { app, ana, you, askAndRead } = await byPasskeyAlone()
  const { code } = await addAuthenticator(app, ana.user)
  const mail = await askAndRead()
  expect(mail?.subject).toBe('Set a new password')
  await you.visit(linkIn(mail))
  await save(you)
  await you.logIn('ana.silva', NEW_PASSWORD)
  expect(you.path).toBe('/login/two-factor')
  await typeCode(you, code())
  expect(you.path).toBe('/account')
})

test('with a password beside the passkey the link replaces it, as for anybody', async () => {
  const { db, ana, you, askAndRead } = await byPasskeyAlone()
  await db.user.update({ where: { id: ana.user.id }, data: { passwordHash: ana.user.passwordHash } })
  await you.visit(linkIn(await askAndRead()))
  await save(you)
  await you.logIn('ana.silva', NEW_PASSWORD)
  expect(you.path).toBe('/account')
})

test('who has lost the passkey asks an administrator, who takes it away first', async () => {
  const { app, db, you, phone, visitor, mira, page, act, askAndRead } = await byPasskeyAlone()
  const admin = visitor()
  admin.cookies.set('foyer-session', mira.token)
  await admin.visit(page)
  expect(admin.text('[aria-labelledby=actions]')).not.toMatch(/(Send a password|Make a reset) link/)
  for (const action of ['send-reset', 'reset-link']) {
    expect((await act(action)).statusCode, action).toBe(409)
    const { message } = (await act(action, JSON_TYPE)).json()
    expect(message).toContain('They sign in with a passkey alone, so a link would open nothing.')
  }
  expect(await db.token.count()).toBe(0)
  expect(await db.mail.count()).toBe(0)
  const told = { event: { in: ['password.reset-requested', 'password.reset-link-made'] } }
  expect(await db.auditEvent.count({ where: told })).toBe(0)

  expect((await act('reset-two-factor')).statusCode).toBe(303)
  await mailOf(app)
  await you.visit(linkIn(await askAndRead()))
  await save(you)
  await you.logIn('ana.silva', NEW_PASSWORD)
  expect(you.path).toBe('/account')
  expect((await logInBy(visitor(), phone)).statusCode).toBe(422)
})
