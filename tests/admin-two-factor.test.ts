import { expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson } from './support/people.ts'
import { stepRow } from './support/second-step.ts'
import { SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

/** Ana has lost her phone, and Ada is an administrator. */
async function afterALoss() {
  const services = await startApp()
  const { app, db, visitor } = services
  const ana = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  await addAuthenticator(app, ana.user)
  await storePasskey(db, ana.user, new SoftwarePasskey())
  const ada = visitor()
  ada.cookies.set('foyer-session', (await addPerson(db, 'ada.admin', { role: 'admin' })).token)
  return { ...services, ana, ada, page: `/admin/users/${ana.user.id}` }
}

test('an administrator takes the factors from somebody who has lost them, and they are told', async () => {
  const { app, db, ana, ada, page, visitor } = await afterALoss()
  const { token, row } = stepRow(ana.user.id)
  await db.token.create({ data: row })
  const trusted = { userId: ana.user.id, tokenHash: new Uint8Array(32), lastSeenAt: new Date() }
  await db.device.create({ data: { ...trusted, trustedUntil: new Date(Date.now() + 1e9) } })
  await ada.visit(page)
  expect(ada.text('.person.big')).toContain('Two-step on')
  await ada.visit(`${page}/reset-two-factor`)
  expect(ada.headline).toBe('Turn off two-step sign-in for ana.silva?')
  await ada.fill({ Reason: 'lost her phone' }).press('Turn it off')
  expect(ada.path).toBe(page)
  expect(ada.text('[role=status]')).toBe('Two-step sign-in turned off for ana.silva.')
  expect(ada.text()).not.toContain('Two-step on')

  const userId = ana.user.id
  for (const left of [
    db.authenticator.count({ where: { userId } }),
    db.recoveryCode.count({ where: { userId } }),
    db.passkey.count({ where: { userId } }),
    db.session.count({ where: { userId } }),
    db.token.count({ where: { userId } }),
    db.device.count({ where: { userId, trustedUntil: { not: null } } }),
  ])
    expect(await left).toBe(0)
  const event = { event: 'two-factor.reset', subjectId: userId }
  expect(await db.auditEvent.findMany({ where: event })).toMatchObject([
    { detail: { reason: 'lost her phone' } },
  ])
  const [mail] = await mailOf(app)
  expect(mail).toMatchObject({ to: 'ana@example.org', subject: 'Two-step sign-in was turned off' })
  expect(mail?.text).not.toContain('192.0.2.1')

  const halfWay = visitor()
  halfWay.cookies.set('foyer-two-factor', token)
  await halfWay.visit('/login/two-factor')
  expect(halfWay.answer.statusCode).toBe(410)
  const again = visitor()
  await again.logIn('ana.silva')
  expect(again.path).toBe('/account')
})

test('there is nothing to take from who has one factor, nobody, or the administrator who asks', async () => {
  const { db, ada } = await afterALoss()
  const { user } = await addPerson(db, 'ben.okri')
  await ada.visit(`/admin/users/${user.id}`)
  expect(ada.text()).not.toContain('Turn off two-step sign-in')
  const you = await db.user.findUniqueOrThrow({ where: { username: 'ada.admin' } })
  for (const [id, status] of [
    [user.id, 409],
    ['01890000-0000-7000-8000-000000000000', 404],
    [you.id, 403],
  ] as const)
    expect((await ada.request('POST', `/admin/users/${id}/reset-two-factor`, {})).statusCode).toBe(status)
  expect(await db.auditEvent.count({ where: { event: 'two-factor.reset' } })).toBe(0)
})

test('a program is told who has a second factor, and takes it', async () => {
  const { ada, page } = await afterALoss()
  const json = { accept: 'application/json' }
  const before = (await ada.request('GET', page, undefined, json)).json()
  expect(before.person).toMatchObject({ twoFactor: true, passkeys: 1 })
  const taken = await ada.request('POST', `${page}/reset-two-factor`, {}, json)
  expect(taken.json()).toEqual({ status: 'success' })
})
