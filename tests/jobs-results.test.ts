import { expect, test } from 'vitest'
import { now } from '../src/time.ts'
import { parseCsv } from './support/csv.ts'
import { addJob, runJobs, crowdStage as stage } from './support/jobs.ts'

test('what came of a job is there as a file, to the last, and that it was taken is on record', async () => {
  const { app, db, mira, actorId, ids } = await stage(3)
  await db.user.update({ where: { id: ids[1] ?? '' }, data: { username: '=person', status: 'closing' } })
  const id = await addJob(db, { actorId, filter: { q: 'person' } })
  await runJobs(app)
  // So many that they come in more than one part.
  const more = Array.from({ length: 1000 }, (_, i) => ({
    ...{ id: `01900000-0000-7000-8000-${String(i).padStart(12, '0')}`, username: `earlier.${i}` },
    ...{ usernameSkeleton: `earlier.${i}`, passwordHash: '', passwordChangedAt: new Date(now()) },
  }))
  await db.user.createMany({ data: more })
  await db.jobResult.createMany({
    data: more.map((user) => ({ jobId: id, userId: user.id, problem: null })),
  })
  await mira.visit(`/admin/jobs/${id}`)
  await mira.press('Download CSV')
  expect(mira.answer.headers['content-disposition']).toBe('attachment; filename="results.csv"')
  const [head, ...rows] = parseCsv(mira.answer.body.slice(1))
  expect(head).toEqual(['username', 'result', 'problem', 'id'])
  expect(rows.slice(0, 3)).toEqual([
    ['person2x', 'done', '', ids[2]],
    ["'=person", 'not done', 'That account isn’t active, so nothing was changed.', ids[1]],
    ['person0x', 'done', '', ids[0]],
  ])
  expect(rows.slice(3).map((row) => row.at(-1))).toEqual(more.map((user) => user.id).reverse())
  expect(await db.auditEvent.findMany({ where: { event: 'job.downloaded' } })).toMatchObject([
    { actor: actorId, detail: { job: id } },
  ])
  // Its address leads back to the page.
  await mira.visit(`/admin/jobs/${id}/results`)
  expect(mira.text('[aria-labelledby=facts]')).toContain('Done')
})
