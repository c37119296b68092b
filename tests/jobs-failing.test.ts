import { afterEach, expect, test, vi } from 'vitest'
import type { Db } from '../src/db/client.ts'
import { minutes, now } from '../src/time.ts'
import { addJob, oneBatch, runJobs, crowdStage as stage } from './support/jobs.ts'

afterEach(() => void vi.useRealTimers())

test('an error that doesn’t go away leaves one person out, after three tries, and keeps no other from it', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { app, db, mira, actorId, ids, count, job } = await stage(12)
  const id = await addJob(db, { actorId, filter: { q: 'person' } })
  // The newest come first.
  const left = new Map<string | undefined, number>(
    [10, 9, 5].map((n) => [ids[n], n === 5 ? Number.POSITIVE_INFINITY : 2]),
  )
  const failing = db.$extends({
    query: {
      user: {
        async updateMany({ args, query }) {
          const { id: whom } = args.where as { id?: string }
          const tries = left.get(whom) ?? 0
          left.set(whom, tries - 1)
          if (tries > 0) throw new Error('A bug of ours')
          return query(args)
        },
      },
    },
  }) as unknown as Db
  // The second and the third person take three tries each, the seventh any number.
  for (const done of [1, 1, 2, 2, 6, 6, 6]) {
    const failed = oneBatch(app, failing)
    await expect(failed).rejects.toMatchObject({
      message: `In the job ${id}`,
      cause: { message: 'A bug of ours' },
    })
    expect([await count('suspended'), (await job()).state]).toEqual([done, 'running'])
    expect(await oneBatch(app, failing)).toBe(false)
    vi.setSystemTime(now() + minutes(2))
  }
  await runJobs(app, failing)
  expect(await job()).toMatchObject({ state: 'done', done: 11, refused: 1 })
  const { results } = (await mira.json('GET', `/admin/jobs/${id}`)).json()
  const problem = 'It could not be done, and nothing was changed. The log of the service says why.'
  expect(results[6]).toEqual({ id: ids[5], username: 'person5x', problem })
})

test('a job waits for a database that is away, however often, and leaves nobody out', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { app, db, actorId, job, expectOnceEach } = await stage(5)
  await addJob(db, { actorId, filter: { q: 'person' } })
  let isAway = false
  const away = db.$extends({
    query: {
      async $allOperations({ args, query, model }) {
        // It goes away once somebody has taken the job, and is amid somebody.
        isAway ||= model === 'AuditEvent'
        if (isAway) throw Object.assign(new Error('Away'), { code: 'P1001' })
        return query(args)
      },
    },
  }) as unknown as Db
  for (let round = 0; round < 5; round++) {
    isAway = false
    await expect(oneBatch(app, away)).rejects.toMatchObject({ cause: { message: 'Away' } })
    vi.setSystemTime(now() + minutes(2))
  }
  await runJobs(app)
  expect(await job()).toMatchObject({ state: 'done', refused: 0 })
  await expectOnceEach(5)
})
