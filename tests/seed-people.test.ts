import { expect, inject, onTestFinished, test } from 'vitest'
import { seedPeople } from '../bench/seed-people.ts'
import { peopleAfter } from '../src/accounts/people/find-people.ts'
import { openDb } from '../src/db/client.ts'
import { missingSql } from '../tools/new-migration.ts'
import { freshDatabase } from './support/database.ts'
import { addPerson } from './support/people.ts'

/** Everything but the first page comes from the index of parts of words. */
const INDEX = { told: 0, small: 10_000, patience: 0, first: 1, indexPatience: 60_000 }

test('seeded people are found by parts of words, and so is who signs up after them', async () => {
  const { url, remove } = await freshDatabase()
  await seedPeople(url, 500)
  const db = await openDb(url)
  onTestFinished(async () => {
    await db.$disconnect()
    await remove()
  })
  expect(await missingSql(inject('provider'), url)).toBe('')
  const found = async (q: string) => (await peopleAfter(db, { q }, undefined, 51, INDEX)).map(({ id }) => id)
  const first = await db.user.findFirstOrThrow({ orderBy: { id: 'asc' } })
  const { user: last } = await addPerson(db, 'xxaverxx')
  expect(await found(first.username)).toEqual([first.id])
  expect(await found('averx')).toEqual([last.id])
})
