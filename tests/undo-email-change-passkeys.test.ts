import { expect, test } from 'vitest'
import { fromNow, minutes } from '../src/time.ts'
import { keep, withThief } from './support/change-of-address.ts'
import { mailOf } from './support/mailbox.ts'
import { addPasskey, logInBy, SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

/** The same thief, who adds a passkey; another is there from before the change. */
async function withPasskeys() {
  const services = await withThief()
  const { db, user, thief } = services
  const earlier = new SoftwarePasskey()
  const { id } = await storePasskey(db, user, earlier, { createdAt: fromNow(-minutes(1)) })
  const planted = new SoftwarePasskey()
  expect((await addPasskey(thief, planted)).statusCode).toBe(303)
  const back = services.visitor({ ip: '203.0.113.9' })
  expect((await logInBy(back, planted)).statusCode).toBe(303)
  const removed = () => db.auditEvent.count({ where: { event: 'passkey.removed', subjectId: user.id } })
  return { ...services, earlier, id, planted, removed }
}

test('whoever undoes a change of address shuts out every passkey that the password may have added', async () => {
  const { app, db, ana, undo, visitor, planted, earlier, removed } = await withPasskeys()
  await mailOf(app)
  await keep(ana, undo)
  for (const key of [planted, earlier])
    expect((await logInBy(visitor({ ip: '203.0.113.9' }), key)).statusCode).toBe(422)
  expect(await db.passkey.count()).toBe(0)
  expect(await removed()).toBe(2)
  expect((await mailOf(app)).map(({ subject }) => subject)).toEqual(['Set a new password'])
})

test('who does without a password keeps the passkeys from before, and the mailbox alone gets nobody in', async () => {
  const { app, db, user, ana, undo, visitor, id, planted, earlier, removed } = await withPasskeys()
  await db.user.update({ where: { id: user.id }, data: { passwordHash: '' } })
  await mailOf(app)
  await keep(ana, undo)
  expect((await logInBy(visitor({ ip: '203.0.113.9' }), planted)).statusCode).toBe(422)
  expect(await db.passkey.findMany({ select: { id: true } })).toEqual([{ id }])
  expect(await removed()).toBe(1)
  const [mail, ...more] = await mailOf(app)
  expect([mail?.subject, more]).toEqual(['Sign in with your passkey', []])
  expect(mail?.text).toMatch(/everybody is\s+signed out\. It has no password: sign in with your passkey\./)
  expect(mail?.text).not.toContain('Wasn’t you?')
  expect(await db.token.count({ where: { userId: user.id } })).toBe(0)
  expect((await logInBy(visitor({ ip: '203.0.113.10' }), earlier)).statusCode).toBe(303)
})
