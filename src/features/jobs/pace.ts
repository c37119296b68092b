import { timeOf } from '../../accounts/new-id.ts'
import type { Db } from '../../db/client.ts'
import type { Job } from '../../db/generated/sqlite/client.ts'
import { minutes, now, seconds } from '../../time.ts'

/** The pace is told by at most so many of its latest results: where it is quickest, those of some seconds. */
const LATEST = 1000

/**
 * How many people a minute a job gets through, by its results of the past minute, and about how many minutes are left:
 * null for what can't be told yet. When a result was made, its id tells.
 */
export async function paceOf(db: Db, { id: jobId, state, total, done, refused }: Job) {
  if (state !== 'running') return null
  // It goes from the newest to the oldest.
  const latest = await db.jobResult.findMany({
    where: { jobId, userId: { not: null } },
    orderBy: { userId: 'asc' },
    take: LATEST,
    select: { id: true },
  })
  const times = latest.map(({ id }) => timeOf(id)).filter((at) => at > now() - minutes(1))
  const span = now() - Math.min(...times)
  if (times.length === 0 || span < seconds(1)) return null
  const perMinute = (times.length * minutes(1)) / span
  const left = (total ?? 0) - done - refused
  return {
    perMinute: Number(perMinute.toPrecision(2)),
    minutesLeft: left > 0 ? Math.ceil(left / perMinute) : null,
  }
}
