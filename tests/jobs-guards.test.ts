import { expect, test } from 'vitest'
import { workOnJob } from '../src/features/jobs/run-jobs.ts'
import { PRIORITIES } from '../src/mail/outbox.ts'
import { fromNow, minutes } from '../src/time.ts'
import { addJob, oneBatch, runJobs, crowdStage as stage } from './support/jobs.ts'
import { beforeEachTransaction } from './support/meanwhile.ts'
import { addPerson } from './support/people.ts'

test('a job isn’t kept from its turn by others that are paused or over', async () => {
  const { app, db, actorId } = await stage(1)
  const earlier = { actorId, dueAt: fromNow(-minutes(1)) }
  await addJob(db, { ...earlier, state: 'paused' })
  await addJob(db, { ...earlier, state: 'done' })
  const id = await addJob(db, { actorId, filter: { q: 'person' } })
  await oneBatch(app, db)
  expect(await db.job.findUnique({ where: { id } })).toMatchObject({ state: 'done', done: 1 })
})

test('a process that stops ends with the person it is at, and leaves the job to others at once', async () => {
  const { app, db, config, actorId, job, expectOnceEach } = await stage(9)
  await addJob(db, { actorId, filter: { q: 'person' } })
  const stopping = new AbortController()
  const stopped = { config, db }
  let left = 3
  beforeEachTransaction(stopped, async () => {
    if (--left === 0) stopping.abort()
  })
  await workOnJob(stopped, stopping.signal)
  expect(await job()).toMatchObject({ state: 'running', done: 3 })
  await runJobs(app)
  await expectOnceEach(9)
})

test('whoever is support by now signs nobody out by a job', async () => {
  const { app, db, actorId, job } = await stage()
  await addJob(db, { actorId, action: 'end-sessions' })
  await db.user.update({ where: { id: actorId }, data: { role: 'support' } })
  const { user } = await addPerson(db, 'ana.silva')
  await db.job.updateMany({ data: { cursor: 'f' } })
  await runJobs(app)
  expect(await job()).toMatchObject({ state: 'cancelled', done: 0, refused: 0 })
  expect(await db.session.count({ where: { userId: user.id } })).toBe(1)
})

test('whoever is no administrator any more neither begins, pauses nor stops a job', async () => {
  const { app, db, mira, actorId } = await stage()
  const id = await addJob(db, { actorId })
  const demote = () => db.user.update({ where: { id: actorId }, data: { role: 'member' } })
  beforeEachTransaction(app, demote)
  for (const path of ['/admin/jobs/new', `/admin/jobs/${id}/pause`, `/admin/jobs/${id}/cancel`]) {
    await db.user.update({ where: { id: actorId }, data: { role: 'admin' } })
    const body = path.endsWith('new') ? { do: 'restore', q: 'nobody' } : {}
    expect((await mira.json('POST', path, body)).statusCode).toBe(403)
  }
  expect(await db.job.findMany({ select: { id: true, state: true } })).toEqual([{ id, state: 'running' }])
})

test('somebody who is gone by then is a result of nobody, and no error', async () => {
  const { app, db, actorId, ids, job } = await stage(3)
  await addJob(db, { actorId, filter: { q: 'person' } })
  const late = { config: app.config, db }
  beforeEachTransaction(late, () => db.user.deleteMany({ where: { id: ids[1] ?? '' } }))
  await oneBatch(late, late.db)
  expect(await job()).toMatchObject({ state: 'done', done: 2, refused: 1 })
  expect(await db.jobResult.findFirst({ where: { problem: { not: null } } })).toMatchObject({ userId: null })
})

test('a job that is paused and resumed while somebody’s turn is undone, counts no error', async () => {
  const { app, db, actorId, job } = await stage(1)
  await addJob(db, { actorId, filter: { q: 'person' } })
  const slow = { config: app.config, db }
  let state: 'running' | 'paused' = 'running'
  beforeEachTransaction(slow, () => {
    state = state === 'running' ? 'paused' : 'running'
    return db.job.updateMany({ data: { state } })
  })
  await oneBatch(slow, slow.db)
  expect(await job()).toMatchObject({ done: 0, failures: 0 })
})

test('nothing is asked where nobody matches, and nothing is shown where no job is', async () => {
  const { mira } = await stage()
  for (const act of ['', '&do=delete']) {
    await mira.visit(`/admin/jobs/new?q=zzz${act}`)
    expect(mira.headline).toBe('Change everybody who matches')
    expect(mira.text()).toContain('There are no people now who: match “zzz”')
    expect(mira.document.querySelectorAll('main form, main ul.list')).toHaveLength(0)
  }
  await mira.visit('/admin/jobs/01a203fd-6d9f-7c5e-91f8-b8b21bca1089')
  expect(mira.answer.statusCode).toBe(404)
  await mira.click('See the others')
  expect(mira.path).toBe('/admin/jobs')
})

test('a mail that a job posts is one of many, and lets those to one person leave before it', async () => {
  const { app, db, mira, actorId } = await stage()
  const { id } = (await addPerson(db, 'ana.silva', { email: 'ana@example.org' })).user
  const posted = async () => {
    const [mail, ...more] = await db.mail.findMany()
    await db.mail.deleteMany()
    return more.length ? more : mail?.priority
  }
  const { notice, asked, many } = PRIORITIES
  for (const action of ['suspend', 'restore', 'delete', 'restore', 'send-reset', 'confirm-again']) {
    if (action === 'confirm-again') await db.user.update({ where: { id }, data: { provenEmailKey: null } })
    const before = await db.user.findUniqueOrThrow({ where: { id } })
    expect((await mira.json('POST', `/admin/users/${id}/${action}`)).statusCode).toBe(200)
    expect([action, await posted()]).toEqual([action, action === 'confirm-again' ? asked : notice])
    await db.user.update({ where: { id }, data: before })
    await addJob(db, { action, actorId, filter: { q: id } })
    await runJobs(app)
    expect([action, await posted()]).toEqual([action, many])
  }
})

test('a change begins for nobody but whom both its address and its form are for', async () => {
  const { db, mira } = await stage()
  await mira.visit('/admin/jobs/new?do=delete&stauts=suspended')
  expect(mira.answer.statusCode).toBe(400)
  const begin = async (query: string, body: object) =>
    (await mira.json('POST', `/admin/jobs/new${query}`, { do: 'end-sessions', ...body })).statusCode
  expect(await begin('?status=suspended', {})).toBe(400)
  expect(await begin('?status=suspended', { status: 'active' })).toBe(400)
  expect(await db.job.count()).toBe(0)
  expect(await begin('?status=suspended', { status: 'suspended' })).toBe(201)
  expect(await begin('', { status: 'suspended', joined: '7' })).toBe(201)
  expect(await begin('', {})).toBe(201)
})
