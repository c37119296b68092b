import { afterEach, expect, test, vi } from 'vitest'
import { idAt } from '../src/accounts/new-id.ts'
import { fromNow, hours, seconds } from '../src/time.ts'
import { addJob, crowdStage as stage } from './support/jobs.ts'

afterEach(() => void vi.useRealTimers())

/** An id that was made so many ms ago. */
const idOf = (ago: number) => `${idAt(fromNow(-ago))}-7000-8000-000000000001`

/** A job that came to somebody at each of these times, in ms from now: the last of them first, as it goes back. */
async function withResults(ago: number[], job: { total: number | null; state?: 'paused' }) {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { db, mira, actorId, ids } = await stage(ago.length)
  const jobId = await addJob(db, { actorId, ...job, done: ago.length })
  await db.jobResult.createMany({
    data: ago.map((ms, n) => ({ id: idOf(ms), jobId, userId: ids[n] ?? '' })),
  })
  const path = `/admin/jobs/${jobId}`
  await mira.visit(path)
  return { shown: mira.text('dl.facts'), pace: (await mira.json('GET', path)).json().pace }
}

const twentySeconds = Array.from({ length: 10 }, (_, n) => seconds(2 * (n + 1)))

test.each([
  [340, 'PaceAbout 30 people a minute LeftAbout 11 minutes', 11],
  [30_020, 'PaceAbout 30 people a minute LeftAbout 16 hours', 1000],
  [300_020, 'PaceAbout 30 people a minute LeftAbout 6 days', 10_000],
  // More than matched at first: nobody knows how many more.
  [12, 'PaceAbout 30 people a minute Begun', null],
  [null, 'PaceAbout 30 people a minute Begun', null],
])(
  'of about %s people, a job tells its pace of the past minute, and how long is left',
  async (total, words, left) => {
    // Before the last ten it was paused.
    const pausedFor = Array.from({ length: 10 }, (_, n) => hours(1) + n)
    const { shown, pace } = await withResults([...twentySeconds, ...pausedFor], { total })
    expect(shown.replace(/\s+/g, ' ')).toContain(words)
    expect(pace).toEqual({ perMinute: 30, minutesLeft: left })
  },
)

test.each([
  ['rests', twentySeconds, { total: 340, state: 'paused' }],
  ['has come to nobody lately', [hours(1)], { total: 340 }],
  ['has only just begun', [10, 20], { total: 340 }],
] as const)('a job that %s tells none', async (_how, ago, job) => {
  const { shown, pace } = await withResults([...ago], job)
  expect([shown.includes('Pace'), pace]).toEqual([false, null])
})
