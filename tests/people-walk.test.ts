import { randomUUIDv7 } from 'node:crypto'
import { expect, test } from 'vitest'
import { peopleAfter } from '../src/accounts/people/find-people.ts'
import { startApp } from './support/app.ts'

test('goes through everybody a filter lets through, newest first, however few there are', async () => {
  const { db } = await startApp()
  const everybody = Array.from({ length: 300 }, (_, i) => ({
    id: randomUUIDv7(),
    username: `person-${i}`,
    usernameSkeleton: `person-${i}`,
    passwordHash: '',
    passwordChangedAt: new Date(),
    status: i % 3 ? ('active' as const) : ('suspended' as const),
    role: i % 50 ? ('member' as const) : ('support' as const),
  }))
  await db.user.createMany({ data: everybody })
  const filter = { q: 'PERSON', status: 'suspended', role: 'support' } as const
  const walked: string[] = []
  for (let after: string | undefined; ; after = walked.at(-1)) {
    const people = await peopleAfter(db, filter, after, 2)
    walked.push(...people.map(({ id }) => id))
    if (people.length < 2) break
  }
  const wanted = everybody.filter(({ status, role }) => status === filter.status && role === filter.role)
  expect(walked).toEqual(
    wanted
      .map(({ id }) => id)
      .sort()
      .reverse(),
  )
  const [newest] = await peopleAfter(db, { q: '' }, undefined, 1)
  const { id, role } = everybody.reduce((a, b) => (a.id > b.id ? a : b))
  expect(newest).toMatchObject({ id, role, lastSeenAt: expect.any(Date) })
})
