import { afterEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { openDb } from '../src/db/client.ts'
import { startJobs } from '../src/features/jobs/run-jobs.ts'
import { fromNow, minutes, now } from '../src/time.ts'
import { addJob, oneBatch, runJobs, crowdStage as stage } from './support/jobs.ts'

afterEach(() => void vi.useRealTimers())

describe('several processes', () => {
  test('share a job, and come to each person once', async () => {
    const { db, config, actorId, job, expectOnceEach } = await stage(160)
    const id = await addJob(db, { actorId, filter: { q: 'person' } })
    const other = inject('provider') === 'postgresql' ? await openDb(config.databaseUrl) : db
    onTestFinished(() => other.$disconnect())
    const errors: unknown[] = []
    const log = { error: (error: unknown) => void errors.push(error) }
    const stops = [db, other, db, other].map((each) => startJobs({ config, db: each }, log))
    await vi.waitFor(async () => expect((await job()).state).toBe('done'), { timeout: 20_000, interval: 50 })
    await Promise.all(stops.map((stop) => stop()))
    expect(errors).toEqual([])
    await expectOnceEach(160)
    const ends = await db.auditEvent.findMany({ where: { event: 'job.finished' } })
    expect(ends.map(({ detail }) => detail)).toEqual([{ job: id, done: '160', refused: '0' }])
  })

  test('wait two minutes for one that has died, and go on where it was', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db, actorId, count, job, expectOnceEach } = await stage(30)
    await addJob(db, { actorId, filter: { q: 'person' } })
    let left = 7
    // What is written from then on never is, as by a process that was killed.
    const dying = db.$extends({
      query: {
        async $allOperations({ args, query, operation }) {
          if (left === 0) throw new Error('Killed')
          if (operation === 'create' && JSON.stringify(args).includes('jobId')) left--
          return query(args)
        },
      },
    }) as unknown as typeof db
    await expect(oneBatch(app, dying)).rejects.toThrow('Killed')
    const done = await count('suspended')
    expect([6, 7]).toContain(done)
    await expectOnceEach(done)
    vi.setSystemTime(now() + minutes(2) - 1)
    expect(await runJobs(app)).toBe(0)
    vi.setSystemTime(now() + 1)
    await runJobs(app)
    expect(await job()).toMatchObject({ state: 'done', refused: 0 })
    await expectOnceEach(30)
  })

  test('do nobody twice even if one only seemed to have died', async () => {
    const { app, db, actorId, job, expectOnceEach } = await stage(40)
    await addJob(db, { actorId, filter: { q: 'person' } })
    let left = 5
    const slow = db.$extends({
      query: {
        jobResult: {
          async create({ args, query }) {
            // Its lease ran out.
            if (--left === 0)
              setImmediate(() => db.job.updateMany({ data: { dueAt: fromNow(0) } }).catch(() => {}))
            return query(args)
          },
        },
      },
    }) as unknown as typeof db
    const first = oneBatch(app, slow)
    await vi.waitFor(async () => expect(await oneBatch(app, db)).toBe(true), {
      timeout: 5000,
      interval: 1,
    })
    await first
    await runJobs(app)
    expect(await job()).toMatchObject({ state: 'done', refused: 0 })
    await expectOnceEach(40)
  })
})
