import { wordsOf } from '../../accounts/acts/act-words.ts'
import type { ActName } from '../../accounts/acts/acts.ts'
import type { PeopleFilter } from '../../accounts/people/people-filter.ts'
import type { Db } from '../../db/client.ts'
import type { Job } from '../../db/generated/sqlite/client.ts'
import { instant } from '../../http/instant.ts'
import { newestFirst, type PageKeys, pageOf, TO_READ } from '../../http/lists.ts'
import { filterWords } from './filter-words.ts'

/** A page of the jobs there were lately, newest first. */
export async function listJobs(db: Db, keys: PageKeys) {
  const jobs = await db.job.findMany(newestFirst(keys))
  return pageOf(jobs, keys)
}

/** What administrators see of a job: an allow-list, never the row. */
export function summary(job: Job) {
  const { id, action, filter, reason, until, state, done, refused, total, createdAt, finishedAt } = job
  return {
    id,
    what: wordsOf(action as ActName).button(whomOf(filter as PeopleFilter)),
    action,
    people: filterWords(filter as PeopleFilter),
    reason,
    until: until && instant(until),
    state,
    done,
    refused,
    total,
    createdAt: instant(createdAt),
    finishedAt: finishedAt && instant(finishedAt),
  }
}

/** The people of a filter, as a button names them. */
export const whomOf = (filter: PeopleFilter) =>
  filterWords(filter).length ? 'everybody who matches' : 'everybody'

/**
 * What a job did to whom, in its order. Its key is the person, as the database has an index by that: who is erased
 * since is not among them.
 */
export async function readResults(db: Db, jobId: string, { after, before }: PageKeys, take: number) {
  const results = await db.jobResult.findMany({
    where: { jobId, userId: { not: null, ...(after ? { lt: after } : before && { gt: before }) } },
    orderBy: { userId: before ? 'asc' : 'desc' },
    take,
    include: { user: { select: { id: true, username: true } } },
  })
  return results.flatMap(({ user, problem }) => (user ? [{ ...user, problem }] : []))
}

/** A page of that. */
export const listResults = async (db: Db, jobId: string, keys: PageKeys) =>
  pageOf(await readResults(db, jobId, keys, TO_READ), keys)
