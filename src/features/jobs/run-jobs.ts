import { setImmediate as nextTurn } from 'node:timers/promises'
import { type ActName, acts } from '../../accounts/acts/acts.ts'
import { NotStaffAnyMore, requireRole } from '../../accounts/acts/require-admin.ts'
import { localSource, record, type Source } from '../../accounts/audit/audit.ts'
import { newId } from '../../accounts/new-id.ts'
import { peopleAfter } from '../../accounts/people/find-people.ts'
import type { PeopleFilter } from '../../accounts/people/people-filter.ts'
import type { Services } from '../../accounts/services.ts'
import type { Db, Tx } from '../../db/client.ts'
import type { Job, Prisma } from '../../db/generated/sqlite/client.ts'
import { serializable } from '../../db/transaction.ts'
import { Refusal } from '../../errors.ts'
import { type Log, repeat } from '../../repeat.ts'
import { days, fromNow, minutes, now, seconds } from '../../time.ts'

/** What acts need. */
type Needed = Pick<Services, 'config' | 'db'>

const LOOK_EVERY = seconds(1)
const BATCH = 50
/** How long a job is its runner's alone: far longer than a batch takes. */
const LEASE = minutes(2)
/** So often is tried what ends in an error, a lease apart: then this person is left out. */
const TRIES = 3
const SHORTEST_PAUSE = seconds(0.05)

/** Works on what is due, over and over. Answers how to stop it, which waits for the person it is at. */
export const startJobs = (services: Needed, log: Log) =>
  repeat(async (signal) => {
    const began = now()
    const worked = await workOnJob(services, signal).catch((error) => void log.error(error))
    // For as long as it worked, the database is the others'.
    return worked ? Math.max(now() - began, SHORTEST_PAUSE) : LOOK_EVERY
  })

/** Somebody else has moved the job on, paused or ended it: what was about to be done is undone. */
class NotOurs extends Error {}

/**
 * Does what a job that is due is for to the next 50 people, if there is one; answers whether there was. Any number of
 * processes may do so: who moves `dueAt` on has the job to itself, and if they die it falls due again. Each act moves
 * the cursor on from the person before, and is undone if that can't be: so nobody is left out, and nobody comes twice.
 */
export async function workOnJob(services: Needed, signal: AbortSignal): Promise<boolean> {
  const { db } = services
  let job = await lease(db)
  if (!job) return false
  try {
    const people = await peopleAfter(db, filterNow(job), job.cursor ?? job.id, BATCH)
    for (const { id } of people) {
      if (signal.aborted) break
      if (!(await doTo(services, job, id))) return true
      job = { ...job, cursor: id, failures: 0 }
      // SQLite answers at once: without this, nobody else would be until all fifty are done.
      await nextTurn()
    }
    const isOver = people.length < BATCH && job.cursor === (people.at(-1)?.id ?? job.cursor)
    await (isOver ? end(db, job, 'done') : release(db, job))
  } catch (error) {
    if (!(error instanceof NotOurs)) throw new Error(`In the job ${job.id}`, { cause: error })
  }
  return true
}

/** The job as it was left: an update of any other is not ours to make. */
const left = ({ id, cursor }: Job) => ({ id, cursor, state: 'running' as const })

async function lease(db: Db): Promise<Job | undefined> {
  const seen = await db.job.findFirst({
    where: { state: 'running', dueAt: { lte: fromNow(0) } },
    orderBy: { dueAt: 'asc' },
  })
  if (!seen) return undefined
  const { dueAt } = seen
  const { count } = await db.job.updateMany({
    where: { ...left(seen), dueAt },
    data: { dueAt: fromNow(LEASE) },
  })
  return count ? seen : undefined
}

const release = (db: Db, job: Job) => db.job.updateMany({ where: left(job), data: { dueAt: fromNow(0) } })

/** The filter as it was meant when the job began: “the last 7 days” were those before that. */
function filterNow({ filter, createdAt }: Job): PeopleFilter {
  const asked = filter as PeopleFilter
  const since = (now() - createdAt.getTime()) / days(1)
  return { ...asked, joined: asked.joined && asked.joined + since }
}

/** Does it to one person, or notes why not. Answers whether the job goes on. Throws NotOurs, and what is unexpected. */
async function doTo(services: Needed, job: Job, userId: string): Promise<boolean> {
  const { db } = services
  const { reason, until, id } = job
  const actor = { id: job.actorId }
  const alongside = async (tx: Tx) => {
    // Some of it support may do to one.
    await requireRole(tx, actor, ['admin'])
    await note(tx, job, userId, null)
  }
  const source = job.source as Source
  try {
    const asked = { actor, userId, reason, until, job: id, source, alongside }
    await acts[job.action as ActName](services, asked)
  } catch (error) {
    if (error instanceof NotOurs) throw error
    if (error instanceof NotStaffAnyMore) return !(await end(db, job, 'cancelled'))
    const isRefused = error instanceof Refusal
    // While the database is away, this fails as well, and is not counted.
    await db.$transaction((tx) =>
      isRefused || job.failures + 1 >= TRIES
        ? note(tx, job, userId, isRefused ? error.message : FAILED)
        : move(tx, job, { failures: { increment: 1 } }),
    )
    if (!isRefused) throw error
  }
  return true
}

const FAILED = 'It could not be done, and nothing was changed. The log of the service says why.'

/** Moves the job past a person, with what came of it. Throws NotOurs. */
async function note(tx: Tx, job: Job, userId: string, problem: string | null): Promise<void> {
  const counted = problem ? { refused: { increment: 1 } } : { done: { increment: 1 } }
  await move(tx, job, { cursor: userId, failures: 0, ...counted })
  // Whoever was refused may be gone.
  const isThere = problem === null || (await tx.user.count({ where: { id: userId } })) > 0
  const row = { id: newId(), jobId: job.id, userId: isThere ? userId : null, problem }
  await tx.jobResult.create({ data: row, select: { id: true } })
}

async function move(tx: Tx, job: Job, data: Prisma.JobUpdateManyMutationInput): Promise<void> {
  const { count } = await tx.job.updateMany({ where: left(job), data })
  if (count === 0) throw new NotOurs()
}

const ENDS = {
  done: { event: 'job.finished', why: {} },
  cancelled: { event: 'job.cancelled', why: { reason: 'Whoever began it is no administrator any more' } },
} as const

/** Ends a job by itself; answers that it did. Throws NotOurs. */
const end = (db: Db, job: Job, state: keyof typeof ENDS): Promise<true> =>
  serializable<true>(db, async (tx) => {
    await move(tx, job, { state, finishedAt: fromNow(0), dueAt: fromNow(0) })
    const { done, refused } = await tx.job.findUniqueOrThrow({ where: { id: job.id } })
    const { event, why } = ENDS[state]
    const detail = { job: job.id, done: String(done), refused: String(refused), ...why }
    await record(tx, event, { actor: 'foyer', source: localSource('service'), detail })
    return true
  })
