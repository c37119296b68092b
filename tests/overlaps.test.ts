import { describe, expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { afterEachVerification, beforeEachPerson } from './support/meanwhile.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { accountsIn, FORM, send } from './support/requests.ts'

const ROUNDS = 25
const SIGN_UP = { username: 'anna.active', password: PASSWORD }

/** An app with an administrator who acts by requests of her own. */
async function withAdmin() {
  const services = await startApp()
  const { app, db } = services
  const admin = await addPerson(db, 'ada.admin', { role: 'admin' })
  const act = (action: 'suspend' | 'restore', id: string, { cookie } = admin) =>
    send(app, { method: 'POST', url: `/admin/users/${id}/${action}`, type: FORM, body: '', cookie })
  return { ...services, admin, act }
}

describe('a sign-in that overlaps a suspension', () => {
  test('gives no session that works once the suspension is lifted', async () => {
    const { app, db, visitor, act } = await withAdmin()
    const { user } = await addPerson(db, 'anna.active')
    afterEachVerification(app, () => act('suspend', user.id))
    for (let round = 0; round < ROUNDS; round++) {
      const anna = visitor({ ip: `198.51.100.${round}` })
      await anna.logIn('anna.active')
      expect(anna.answer.statusCode).toBe(422)
      expect(anna.cookies.size).toBe(0)
      expect((await act('restore', user.id)).statusCode).toBe(303)
      expect(await db.session.count({ where: { userId: user.id } })).toBe(0)
    }
    expect(await db.auditEvent.count({ where: { event: 'session.started', subjectId: user.id } })).toBe(0)
    expect(await db.auditEvent.count({ where: { event: 'login.failed', subjectId: user.id } })).toBe(ROUNDS)
  })

  test('gives none though it is a sign-up that is sent again', async () => {
    const { app, db, visitor, act } = await withAdmin()
    let id = ''
    afterEachVerification(app, () => act('suspend', id))
    for (let round = 0; round < ROUNDS; round++) {
      const anna = visitor({ ip: `198.51.100.${round}` })
      await anna.request('POST', '/register', SIGN_UP)
      expect(anna.answer.statusCode).toBe(303)
      id = (await db.user.findUniqueOrThrow({ where: { username: 'anna.active' } })).id
      const again = visitor({ ip: `198.51.100.${round}` })
      await again.request('POST', '/register', SIGN_UP)
      expect(again.answer.statusCode).toBe(422)
      expect(again.cookies.size).toBe(0)
      expect((await act('restore', id)).statusCode).toBe(303)
      expect(await db.session.count({ where: { userId: id } })).toBe(0)
      await db.user.delete({ where: { id } })
    }
  })
})

describe('a sign-in that overlaps a change of the password', () => {
  const changed = { passwordHash: 'another', passwordChangedAt: new Date(Date.now() + 1) }

  test('by the old one gives no session', async () => {
    const { app, db, visitor } = await startApp()
    const { user } = await addPerson(db, 'anna.active')
    const { id, passwordHash, passwordChangedAt } = user
    await db.session.deleteMany()
    afterEachVerification(app, () => db.user.update({ where: { id }, data: changed }))
    for (let round = 0; round < ROUNDS; round++) {
      await db.user.update({ where: { id }, data: { passwordHash, passwordChangedAt } })
      const anna = visitor({ ip: `198.51.100.${round}` })
      await anna.logIn('anna.active')
      expect(anna.answer.statusCode).toBe(422)
      expect(await db.session.count()).toBe(0)
    }
  })

  test('gives none though it is a sign-up that is sent again', async () => {
    const { app, db, visitor } = await startApp()
    await visitor().request('POST', '/register', SIGN_UP)
    await db.session.deleteMany()
    afterEachVerification(app, () =>
      db.user.update({ where: { username: 'anna.active' }, data: { ...changed } }),
    )
    const again = visitor()
    await again.request('POST', '/register', SIGN_UP)
    expect(again.answer.statusCode).toBe(422)
    expect(await db.session.count()).toBe(0)
  })
})

test('a session that a suspension has left behind does not come back when it is lifted', async () => {
  const { app, db, act } = await withAdmin()
  const { user, cookie } = await addPerson(db, 'anna.active', { status: 'suspended' })
  expect((await act('restore', user.id)).statusCode).toBe(303)
  expect((await send(app, { url: '/account', cookie })).statusCode).toBe(303)
  expect(await db.session.count({ where: { userId: user.id } })).toBe(0)
})

describe('an administrator', () => {
  test.each(['suspend', 'restore'] as const)(
    'can’t %s themselves, even if others are there',
    async (action) => {
      const { db, admin, act } = await withAdmin()
      await addPerson(db, 'bea.admin', { role: 'admin' })
      const before = await accountsIn(db)
      const answer = await act(action, admin.user.id)
      expect(answer.statusCode).toBe(403)
      expect(answer.body).toContain('You can’t do that to your own account.')
      expect(await accountsIn(db)).toBe(before)
    },
  )

  test.each([
    ['suspended', { status: 'suspended' }],
    ['made a member', { role: 'member' }],
  ] as const)('who is %s while a request of theirs is on its way changes nothing', async (_how, change) => {
    const { app, db, admin, act } = await withAdmin()
    const bea = await addPerson(db, 'bea.admin', { role: 'admin' })
    const active = await addPerson(db, 'anna.active')
    const suspended = await addPerson(db, 'sue.suspended', { status: 'suspended' })
    await db.user.update({ where: { id: bea.user.id }, data: change })
    const after = await accountsIn(db)
    beforeEachPerson(app, () => db.user.update({ where: { id: bea.user.id }, data: change }))
    for (const [action, person] of [
      ['suspend', active],
      ['suspend', admin],
      ['restore', suspended],
      ['restore', bea],
    ] as const) {
      await db.user.update({ where: { id: bea.user.id }, data: { role: 'admin', status: 'active' } })
      const answer = await act(action, person.user.id, bea)
      expect(answer.statusCode).toBe(403)
      expect(await accountsIn(db)).toBe(after)
    }
    const told = { where: { event: { in: ['user.suspended', 'user.restored'] } } }
    expect(await db.auditEvent.count(told)).toBe(0)
  })
})
