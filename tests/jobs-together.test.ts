import { afterEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { type Db, openDb } from '../src/db/client.ts'
import { startJobs } from '../src/features/jobs/run-jobs.ts'
import { fromNow, minutes, now } from '../src/time.ts'
import { addJob, oneBatch, runJobs, crowdStage as stage } from './support/jobs.ts'
import { beforeEachTransaction } from './support/meanwhile.ts'
import { PATIENCE } from './support/patience.ts'

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
    await vi.waitFor(async () => expect((await job()).state).toBe('done'), { ...PATIENCE, interval: 50 })
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
    await expect(oneBatch(app, dying)).rejects.toMatchObject({ cause: { message: 'Killed' } })
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
    const { app, db, actorId, count, job, expectOnceEach } = await stage(70)
    await addJob(db, { actorId, filter: { q: 'person' } })
    const slow = { config: app.config, db }
    let isOvertaken = false
    beforeEachTransaction(slow, async () => {
      if (isOvertaken || (await count('suspended')) < 4) return
      isOvertaken = true
      // Its lease ran out.
      await db.job.updateMany({ data: { dueAt: fromNow(0) } })
      await oneBatch(app, db)
      expect(await job()).toMatchObject({ state: 'running', done: 54 })
    })
    await oneBatch(slow, slow.db)
    expect(await job()).toMatchObject({ state: 'running', done: 54, refused: 0 })
    await runJobs(app)
    expect(await job()).toMatchObject({ state: 'done', refused: 0 })
    await expectOnceEach(70)
  })

  test('leave a job to whoever took it a moment sooner', async () => {
    const { app, db, actorId } = await stage(3)
    await addJob(db, { actorId })
    const findFirst = async <Args, Result>({
      args,
      query,
    }: {
      args: Args
      query: (args: Args) => Result
    }) => {
      const seen = await query(args)
      await db.job.updateMany({ data: { dueAt: fromNow(minutes(2)) } })
      return seen
    }
    const later = db.$extends({ query: { job: { findFirst } } }) as unknown as Db
    expect(await oneBatch(app, later)).toBe(false)
  })
})
