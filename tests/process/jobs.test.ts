import { describe, expect, test } from 'vitest'
import { openDb } from '../../src/db/client.ts'
import { freshDatabase } from '../support/database.ts'
import { crashAmidJob } from '../support/job-crash.ts'

describe.each(['sqlite', 'postgresql'] as const)('on %s', (provider) => {
  test('killed amid a change to many people, it leaves nobody out and comes to nobody twice', async () => {
    const { url, remove } = await freshDatabase(provider)
    const db = await openDb(url)
    const { before, people, violations } = await crashAmidJob(db, url, 1)
    await db.$disconnect()
    await remove()
    expect(violations).toEqual([])
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(people)
  })
})
