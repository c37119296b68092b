import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Db } from '../../db/client.ts'
import { csvHead, csvLine } from '../../http/csv.ts'
import { readResults } from './list-jobs.ts'

const BATCH = 500

/** What a job did to whom, as its page lists it, as CSV: some hundred at a time, and others served in between. */
export async function* writeResults(db: Db, jobId: string) {
  yield csvHead(['username', 'result', 'problem', 'id'])
  for (let after: string | undefined; ; await nextTurn()) {
    const results = await readResults(db, jobId, { after }, BATCH)
    if (results.length)
      yield results
        .map(({ id, username, problem }) => csvLine([username, problem ? 'not done' : 'done', problem, id]))
        .join('')
    if (results.length < BATCH) return
    after = results.at(-1)?.id
  }
}
