import { expect, test } from 'vitest'
import type { Ask } from '../src/accounts/acts/as-admin.ts'
import { changeRole } from '../src/accounts/acts/change-role.ts'
import { remove } from '../src/accounts/acts/remove.ts'
import { suspend } from '../src/accounts/acts/suspend.ts'
import type { User } from '../src/db/generated/sqlite/client.ts'
import { Refusal } from '../src/errors.ts'
import { closeAccount } from '../src/features/deletion/close-account.ts'
import { purge } from '../src/features/operations/purge.ts'
import { days, fromNow } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addPerson, source } from './support/people.ts'
import { JSON_TYPE, send } from './support/requests.ts'
import { SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

const ROUNDS = 200

test('an active administrator stays when two take it from each other at once, 200 times over', async () => {
  const services = await startApp()
  const { db } = services
  const { user: ada } = await addPerson(db, 'ada.admin', { role: 'admin' })
  const { user: bea } = await addPerson(db, 'bea.admin', { role: 'admin' })
  const ask = (actor: User, on: User): Ask => ({ actor, userId: on.id, reason: '', source })
  const ways = [
    (by: User, on: User) => changeRole(db, ask(by, on), 'member'),
    (by: User, on: User) => suspend(db, ask(by, on)),
    (by: User, on: User) => remove(services, ask(by, on)),
    (by: User) => closeAccount(services, by, source),
  ]
  const refused: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const data = { role: 'admin', status: 'active', closesAt: null, suspendedUntil: null } as const
    await db.user.updateMany({ data })
    const [first, second] = [ways[round % 4], ways[Math.floor(round / 4) % 4]]
    const outcomes = await Promise.allSettled([first?.(ada, bea), second?.(bea, ada)])
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(errors.filter((error) => !(error instanceof Refusal))).toEqual([])
    refused.push(errors.length)
    expect(await db.user.count({ where: { role: 'admin', status: 'active' } })).toBeGreaterThanOrEqual(1)
  }
  // A member who was an administrator a moment ago may close their account: then neither is refused.
  expect(Math.max(...refused)).toBe(1)
  expect(refused.filter((count) => count === 1).length).toBeGreaterThan(ROUNDS / 2)
})

test('an administrator stays when two suspend or delete all at once, 20 times over', async () => {
  const { app, db } = await startApp()
  const ada = await addPerson(db, 'ada.admin', { role: 'admin' })
  const bea = await addPerson(db, 'bea.admin', { role: 'admin' })
  const sessions = await db.session.findMany()
  const request = { method: 'POST', url: '/admin/users/selected/confirm', type: JSON_TYPE } as const
  for (let round = 0; round < 20; round++) {
    await db.user.updateMany({ data: { status: 'active', closesAt: null, suspendedUntil: null } })
    await db.session.deleteMany()
    await db.session.createMany({ data: sessions })
    const id = [ada, bea].map(({ user }) => user.id)
    const body = JSON.stringify({ do: round % 2 ? 'suspend' : 'delete', id, reason: '' })
    const answers = await Promise.all([ada, bea].map(({ cookie }) => send(app, { ...request, body, cookie })))
    expect(answers.map(({ statusCode }) => statusCode)).toContain(200)
    expect(await db.user.count({ where: { status: 'active' } })).toBe(1)
  }
})

/** Ada, an administrator, another one who is like this, and every way to take Ada away. */
async function beside(other: Partial<User>) {
  const services = await startApp()
  const { db } = services
  const { user: ada } = await addPerson(db, 'ada.admin', { role: 'admin' })
  const { user: bea } = await addPerson(db, 'bea.admin', { role: 'admin' })
  await db.user.update({ where: { id: bea.id }, data: other })
  const ask: Ask = { actor: { operator: 'root' }, userId: ada.id, reason: '', source }
  const ways = [
    () => closeAccount(services, ada, source),
    () => remove(services, ask),
    () => suspend(db, ask),
    () => changeRole(db, ask, 'member'),
  ]
  return { ...services, ada, bea, ways }
}

test.each<[string, Partial<User>]>([
  ['is suspended', { status: 'suspended' }],
  ['is suspended until a day', { status: 'suspended', suspendedUntil: fromNow(days(1)) }],
  ['has asked to leave', { status: 'closing', closesAt: fromNow(days(7)) }],
  ['was removed', { status: 'closing', closesAt: fromNow(days(7)), suspendedUntil: fromNow(days(7)) }],
  ['has not proven an address yet', { status: 'pending' }],
  ['is yet to choose a password', { passwordHash: '' }],
])('the last administrator stays, beside one who %s', async (_, other) => {
  const { db, ada, ways } = await beside(other)
  const before = await db.user.findUniqueOrThrow({ where: { id: ada.id } })
  for (const way of ways) await expect(way()).rejects.toMatchObject({ status: 409 })
  expect(await db.user.findUniqueOrThrow({ where: { id: ada.id } })).toEqual(before)
  expect(await db.auditEvent.count()).toBe(0)
})

test('an administrator may go beside one who signs in by a passkey, and is erased when it is time', async () => {
  const { config, db, ada, bea, ways } = await beside({ passwordHash: '' })
  await storePasskey(db, bea, new SoftwarePasskey())
  await ways[0]?.()
  // Whoever was the last when the other left can't go meanwhile, nor after.
  await expect(closeAccount({ config, db }, bea, source)).rejects.toMatchObject({ status: 409 })
  await db.user.update({ where: { id: ada.id }, data: { closesAt: fromNow(-1) } })
  await purge(db, config)
  expect(await db.user.findMany({ select: { id: true, status: true } })).toEqual([
    { id: bea.id, status: 'active' },
  ])
  await expect(closeAccount({ config, db }, bea, source)).rejects.toMatchObject({ status: 409 })
})
