import type { Db } from '../../db/client.ts'
import type { Job } from '../../db/generated/sqlite/client.ts'
import { minutes, now, seconds } from '../../time.ts'

/** So many of whom it came to last tell the pace: at the quickest, those of some seconds. */
const LATEST = 1000

/**
 * To about how many people a minute a job comes, as it did in the past minute, and how many minutes are left; of what
 * nobody can tell yet, null. That time goes by what the ids of results say.
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

/** When an id was made, in epoch milliseconds (RFC 9562, version 7). */
const timeOf = (id: string) => Number.parseInt(id.replace('-', '').slice(0, 12), 16)
