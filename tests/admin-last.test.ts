import { expect, test } from 'vitest'
import type { Ask } from '../src/accounts/as-admin.ts'
import { changeRole } from '../src/accounts/change-role.ts'
import { remove } from '../src/accounts/remove.ts'
import { suspend } from '../src/accounts/suspend.ts'
import type { User } from '../src/db/generated/sqlite/client.ts'
import { Refusal } from '../src/errors.ts'
import { closeAccount } from '../src/features/deletion/close-account.ts'
import { startApp } from './support/app.ts'
import { addPerson, source } from './support/people.ts'

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
}, 60_000)
