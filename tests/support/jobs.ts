import { expect } from 'vitest'
import type { Source } from '../../src/accounts/audit/audit.ts'
import { newId } from '../../src/accounts/new-id.ts'
import type { Db } from '../../src/db/client.ts'
import type { Job } from '../../src/db/generated/sqlite/client.ts'
import type { UserStatus } from '../../src/db/generated/sqlite/enums.ts'
import { workOnJob } from '../../src/features/jobs/run-jobs.ts'
import { fromNow } from '../../src/time.ts'
import { withAdmin } from './admins.ts'
import { source } from './people.ts'
import type { App } from './requests.ts'

/** A job that is to suspend everybody, put into the database without a form; answers its id. */
export async function addJob(
  db: Db,
  change: Partial<Omit<Job, 'filter' | 'source'>> & { filter?: object } = {},
  from: Source = source,
) {
  const id = newId()
  const row = { id, action: 'suspend', filter: { q: '' }, reason: '', actorId: 'nobody', source: from }
  await db.job.create({ data: { ...row, dueAt: fromNow(0), ...change } })
  return id
}

/** Does what a job does before it lets others have the database; answers whether there was anything to do. */
export const oneBatch = ({ config }: Pick<App, 'config'>, db: Db) =>
  workOnJob({ config, db }, new AbortController().signal)

/** Does all there is to do now; answers in how many batches. */
export async function runJobs(app: Pick<App, 'config' | 'db'>, db = app.db): Promise<number> {
  let batches = 0
  while (await oneBatch(app, db)) batches++
  return batches
}

/** An administrator, and a crowd of so many members who are active. */
export async function crowdStage(crowd = 0) {
  const services = await withAdmin()
  const { db, person } = services
  const ids = Array.from({ length: crowd }, newId)
  const rows = ids.map((id, n) => ({
    ...{ id, username: `person${n}x`, usernameSkeleton: `person${n}x`, passwordHash: '' },
    passwordChangedAt: new Date(),
  }))
  await db.user.createMany({ data: rows })
  const { id: actorId } = await person('mira.okafor')
  const count = (status: UserStatus) => db.user.count({ where: { status } })
  const job = () => db.job.findFirstOrThrow()
  /** Each once in the audit trail, in the results and in the numbers of the job. */
  const expectOnceEach = async (people: number) => {
    const events = await db.auditEvent.findMany({ where: { event: 'user.suspended' } })
    const results = await db.jobResult.findMany({ where: { problem: null } })
    expect(new Set(events.map(({ subjectId }) => subjectId)).size).toBe(people)
    expect([events.length, results.length, (await job()).done]).toEqual([people, people, people])
  }
  return { ...services, ids, actorId, count, job, expectOnceEach }
}
