import { expect, test } from 'vitest'
import { fromNow, minutes } from '../src/time.ts'
import { keep, withThief } from './support/change-of-address.ts'
import { addPasskey, logInBy, SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

test('whoever undoes a change of address shuts out the passkeys that were added since, and no others', async () => {
  const { db, user, ana, thief, undo, visitor } = await withThief()
  const own = new SoftwarePasskey()
  const { id } = await storePasskey(db, user, own, { createdAt: fromNow(-minutes(1)) })
  const planted = new SoftwarePasskey()
  expect((await addPasskey(thief, planted)).statusCode).toBe(303)
  const back = visitor({ ip: '203.0.113.9' })
  expect((await logInBy(back, planted)).statusCode).toBe(303)

  await keep(ana, undo)
  expect((await logInBy(visitor({ ip: '203.0.113.9' }), planted)).statusCode).toBe(422)
  expect(await db.passkey.findMany({ select: { id: true } })).toEqual([{ id }])
  expect(await db.auditEvent.count({ where: { event: 'passkey.removed', subjectId: user.id } })).toBe(1)
  expect((await logInBy(visitor({ ip: '203.0.113.10' }), own)).statusCode).toBe(303)
})
