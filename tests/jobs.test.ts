import { afterEach, describe, expect, test, vi } from 'vitest'
import { days, fromNow, now } from '../src/time.ts'
import { addJob, oneBatch, runJobs, crowdStage as stage } from './support/jobs.ts'
import { addPerson } from './support/people.ts'
import { purge } from './support/purge.ts'

afterEach(() => void vi.useRealTimers())

const told = (document: Document) =>
  [...document.querySelectorAll('[aria-labelledby=results] tbody tr')].map((row) =>
    [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim()).join(': '),
  )

const facts = (document: Document) =>
  Object.fromEntries(
    [...document.querySelectorAll('dt')].map((term) => [
      term.textContent,
      term.nextElementSibling?.textContent?.trim().replace(/\s+/g, ' '),
    ]),
  )

describe('everybody who matches', () => {
  test('is suspended by and by, and a page tells how far it is', async () => {
    const { app, db, mira, person, visitor, count, job } = await stage()
    for (const name of ['ana.silva', 'ana.costa', 'ben.okri']) await addPerson(db, name)
    await addPerson(db, 'ana.sousa', { status: 'closing' })
    await mira.visit('/admin/users?q=ana&joined=7&twoFactor=off')
    await mira.click('Change everybody who matches')
    expect(mira.headline).toBe('Change everybody who matches')
    expect(mira.text()).toContain(
      'About 3 people who: match “ana” signed up in the last 7 days have no two-step sign-in',
    )
    await mira.click('Suspend everybody who matches')
    expect(mira.headline).toBe('Suspend everybody who matches?')
    await mira.fill({ Reason: 'x'.repeat(201) }).press('Suspend everybody who matches')
    expect(mira.errorAt('Reason')).toBe('Make it 200 characters or fewer')
    expect(mira.text('main ul.well')).toContain('signed up in the last 7 days')
    await mira.fill({ Reason: 'Spam wave' }).press('Suspend everybody who matches')
    expect(mira.path).toBe(`/admin/jobs/${(await job()).id}`)
    expect(facts(mira.document)).toMatchObject({ State: 'Going on', Done: '0 of about 3', 'Not done': '0' })

    // Not with it: who signs up from now on.
    await visitor().signUp('ana.late')
    expect(await runJobs(app)).toBe(1)
    await mira.click('Look again')
    const over = { State: 'Done', Done: '2', 'Not done': '1', Reason: 'Spam wave' }
    expect(facts(mira.document)).toMatchObject({ ...over, Begun: expect.stringMatching(/ by mira\.okafor$/) })
    const closing = 'That account isn’t active, so nothing was changed.'
    expect(told(mira.document)).toEqual([`ana.sousa: ${closing}`, 'ana.costa: Done', 'ana.silva: Done'])
    expect(await count('suspended')).toBe(2)
    expect((await person('ana.late')).status).toBe('active')
    const events = (event: string) => db.auditEvent.findMany({ where: { event } })
    const { id: actor } = await person('mira.okafor')
    const suspended = { actor, detail: { reason: 'Spam wave', job: (await job()).id }, ip: '192.0.2.1' }
    expect(await events('user.suspended')).toMatchObject([suspended, suspended])
    const detail = { job: (await job()).id, done: '2', refused: '1' }
    expect(await events('job.finished')).toMatchObject([{ actor: 'foyer', detail }])
    await mira.visit('/admin/jobs')
    expect(mira.text('tbody')).toMatch(/^Suspend everybody who matches ?match “ana”/)
    await mira.visit('/admin/audit?action=user.suspended')
    await mira.click('Part of a change to many people')
    expect(mira.path).toBe(`/admin/jobs/${(await job()).id}`)
    expect((await mira.json('GET', '/admin/jobs')).json().jobs[0]).toMatchObject({ done: 2, refused: 1 })
  })

  test('is suspended until a day, but for those whom it comes to on that day', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime('2026-11-23T12:00:00Z')
    const { app, db, mira, job } = await stage(60)
    await mira.visit('/admin/jobs/new?do=suspend&q=person')
    await mira.fill({ 'Until (optional)': '24/12/2026' }).press('Suspend everybody who matches')
    expect(mira.errorAt('Until (optional)')).toBe('Use a date like 2026-12-24')
    await mira.fill({ 'Until (optional)': '2026-11-24' }).press('Suspend everybody who matches')
    expect(facts(mira.document)).toMatchObject({ 'Suspended until': '24 Nov, 00:00' })
    const wrong = { do: 'delete', q: 'person', until: '2026-12-24' }
    expect((await mira.json('POST', '/admin/jobs/new', wrong)).json().errors).toHaveProperty('until')
    await oneBatch(app, db)
    expect(await db.user.count({ where: { suspendedUntil: new Date('2026-11-24') } })).toBe(50)
    vi.setSystemTime('2026-11-24T00:00:00Z')
    await runJobs(app)
    expect(await job()).toMatchObject({ state: 'done', done: 50, refused: 10 })
    const result = await db.jobResult.findFirst({ where: { problem: { not: null } } })
    expect(result?.problem).toBe('That suspension would be over already, so nothing was changed.')
  })

  test('spares who began it, and keeps an administrator, whatever it is', async () => {
    const { app, mira, count } = await stage(3)
    await mira.visit('/admin/users')
    await mira.click('Change everybody')
    expect(mira.text()).toContain('About 4 people: Everybody there is')
    await mira.click('Suspend everybody')
    await mira.press('Suspend everybody')
    await runJobs(app)
    expect([await count('active'), await count('suspended')]).toEqual([1, 3])
    await mira.click('Look again')
    expect(told(mira.document).at(-1)).toBe('mira.okafor: You can’t do that to your own account.')
  })

  test('is who matched when it began, however long it takes', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db, actorId, ids, count } = await stage(3)
    const idOf = (at: number) =>
      `${at.toString(16).padStart(12, '0').replace(/^.{8}/, '$&-')}-7000-8000-000000000001`
    await db.user.update({ where: { id: ids[0] ?? '' }, data: { id: idOf(now() - days(6)) } })
    await db.user.update({ where: { id: ids[1] ?? '' }, data: { id: idOf(now() - days(8)) } })
    await addJob(db, { actorId, filter: { q: 'person', joined: 7 }, createdAt: fromNow(0) })
    vi.setSystemTime(now() + days(3))
    await runJobs(app)
    expect(await count('suspended')).toBe(2)
  })

  test('is fifty at a time, and others are served in between', async () => {
    const { app, db, actorId, job, expectOnceEach } = await stage(120)
    await addJob(db, { actorId, filter: { q: 'person' } })
    for (const done of [50, 100]) {
      await oneBatch(app, db)
      expect(await job()).toMatchObject({ state: 'running', done })
    }
    await oneBatch(app, db)
    expect(await job()).toMatchObject({ state: 'done', done: 120 })
    expect(await oneBatch(app, db)).toBe(false)
    await expectOnceEach(120)
  })
})

describe('a job', () => {
  test('is paused, resumed and stopped; what is done stays done', async () => {
    const { app, db, mira, actorId, job, count } = await stage(120)
    const id = await addJob(db, { actorId, filter: { q: 'person' }, total: 120 })
    await oneBatch(app, db)
    await mira.visit(`/admin/jobs/${id}`)
    await mira.press('Pause')
    expect(mira.text('[role=status]')).toBe('Paused. Nobody else is changed until you resume it.')
    expect(mira.text('[aria-labelledby=actions]')).toContain('It waits until you resume it.')
    expect([await runJobs(app), await count('suspended')]).toEqual([0, 50])
    const twice = await mira.json('POST', `/admin/jobs/${id}/pause`, {})
    expect([twice.statusCode, twice.json().message]).toEqual([
      409,
      'It is paused already. Nothing was changed.',
    ])
    await mira.visit('/admin/jobs')
    expect(mira.text('[data-label=Done]')).toBe('50 of about 120')
    await mira.visit(`/admin/jobs/${id}`)
    await mira.press('Resume')
    await oneBatch(app, db)
    await mira.visit(`/admin/jobs/${id}/cancel`)
    await mira.press('Stop for good')
    expect(mira.text('[role=status]')).toBe('Stopped. What was done stays done.')
    expect([await runJobs(app), await count('suspended')]).toEqual([0, 100])
    expect(await job()).toMatchObject({ state: 'cancelled', finishedAt: expect.any(Date) })
    for (const turn of ['pause', 'resume', 'cancel'])
      expect((await mira.json('POST', `/admin/jobs/${id}/${turn}`, {})).statusCode).toBe(409)

    await mira.visit(`/admin/jobs/${id}`)
    expect(told(mira.document)).toHaveLength(50)
    await mira.click('Older')
    expect(told(mira.document)).toHaveLength(50)
    expect(told(mira.document).at(-1)).toBe('person20x: Done')
    await mira.click('Newer')
    expect(told(mira.document)[0]).toBe('person119x: Done')
  })

  test('pauses between one person and the next', async () => {
    const { app, db, actorId, count, expectOnceEach } = await stage(49)
    await addJob(db, { actorId, filter: { q: 'person' } })
    let left = 7
    const pausing = db.$extends({
      query: {
        jobResult: {
          async create({ args, query }) {
            const made = await query(args)
            if (--left === 0)
              setImmediate(() => db.job.updateMany({ data: { state: 'paused' } }).catch(() => {}))
            return made
          },
        },
      },
    }) as unknown as typeof db
    await oneBatch(app, pausing)
    const done = await count('suspended')
    expect(done).toBeGreaterThanOrEqual(7)
    expect(done).toBeLessThan(49)
    await expectOnceEach(done)
  })

  test.each([
    ['is suspended', { status: 'suspended' as const }],
    ['is a member again', { role: 'member' as const }],
  ])('stops when whoever began it %s', async (_, change) => {
    const { app, db, actorId, count, job } = await stage(60)
    await addJob(db, { actorId, filter: { q: 'person' } })
    await oneBatch(app, db)
    await db.user.update({ where: { id: actorId }, data: change })
    await runJobs(app)
    expect(await job()).toMatchObject({ state: 'cancelled', done: 50, refused: 0 })
    expect(await count('active')).toBeGreaterThanOrEqual(10)
    const [event] = await db.auditEvent.findMany({ where: { event: 'job.cancelled' } })
    expect(event).toMatchObject({ actor: 'foyer', detail: { done: '50' } })
  })

  test('stops at once when its administrator is suspended amid a batch', async () => {
    const { app, db, actorId, job } = await stage(49)
    await addPerson(db, 'zoe.admin', { role: 'admin' })
    await addJob(db, { actorId, filter: { q: 'person' } })
    let left = 7
    const demoting = db.$extends({
      query: {
        jobResult: {
          async create({ args, query }) {
            if (--left === 0)
              setImmediate(() =>
                db.user.updateMany({ where: { id: actorId }, data: { role: 'member' } }).catch(() => {}),
              )
            return query(args)
          },
        },
      },
    }) as unknown as typeof db
    await oneBatch(app, demoting)
    const { state, done, refused } = await job()
    expect([state, refused, done < 49]).toEqual(['cancelled', 0, true])
  })

  test('is for administrators: support can neither see nor begin one', async () => {
    const { db, mira, actorId } = await stage()
    await addPerson(db, 'zoe.admin', { role: 'admin' })
    const id = await addJob(db, { actorId })
    await db.user.update({ where: { id: actorId }, data: { role: 'support' } })
    await mira.visit('/admin/users')
    expect(mira.text()).not.toMatch(/Change everybody|Changes to many/)
    for (const path of ['/admin/jobs', `/admin/jobs/${id}`, '/admin/jobs/new', `/admin/jobs/${id}/cancel`])
      expect((await mira.request('GET', path)).statusCode).toBe(403)
    const begun = await mira.json('POST', '/admin/jobs/new', { do: 'suspend' })
    expect([begun.statusCode, await db.job.count()]).toEqual([403, 1])
  })

  test('of somebody else is over for whoever deletes their account: nothing of them stays in it', async () => {
    const { db } = await stage()
    const { user } = await addPerson(db, 'ada.admin', { role: 'admin' })
    await addJob(db, { actorId: user.id, reason: 'As I, Ada, think', state: 'done' })
    await db.user.update({ where: { id: user.id }, data: { status: 'closing', closesAt: fromNow(-1) } })
    await purge(db)
    expect(await db.job.findFirst()).toMatchObject({
      ...{ actorId: expect.stringMatching(/^erased:/), source: {}, reason: '' },
    })
  })

  test('that searches for one person by name is over once they are erased, and no other', async () => {
    const { app, db, mira, actorId, ids } = await stage(3)
    const named = { actorId, action: 'end-sessions', filter: { q: 'PERSON2x' } }
    const over = await addJob(db, named)
    const paused = await addJob(db, { ...named, state: 'paused' })
    const others = await addJob(db, { ...named, filter: { q: 'person' } })
    const longer = await addJob(db, { ...named, filter: { q: 'a person2xyz' }, state: 'paused' })
    await db.user.update({ where: { id: ids[2] ?? '' }, data: { status: 'closing', closesAt: fromNow(-1) } })
    await purge(db)
    await mira.visit(`/admin/jobs/${over}`)
    expect(facts(mira.document)).toMatchObject({ State: 'Stopped' })
    expect(mira.text('ul.well')).toBe('match “*”')
    expect(await db.job.findUnique({ where: { id: paused } })).toMatchObject({
      ...{ state: 'cancelled', filter: { q: '*' }, finishedAt: expect.any(Date) },
    })
    const events = await db.auditEvent.findMany({
      ...{ where: { event: 'job.cancelled' }, orderBy: { id: 'asc' } },
    })
    expect(events.map(({ detail }) => detail)).toEqual(
      [over, paused].map((job) => ({ job, reason: 'Whom it searched for is erased' })),
    )
    const kept = { state: 'paused', filter: { q: 'a person2xyz' } }
    expect(await db.job.findUnique({ where: { id: longer } })).toMatchObject(kept)
    await runJobs(app)
    expect(await db.job.findUnique({ where: { id: others } })).toMatchObject({ state: 'done', done: 2 })
  })

  test('goes with its results after 30 days, unless it is paused', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db, actorId } = await stage(3)
    await addJob(db, { actorId, filter: { q: 'person' } })
    await runJobs(app)
    const paused = await addJob(db, { actorId, state: 'paused' })
    vi.setSystemTime(now() + days(30) - 1)
    await purge(db)
    expect([await db.job.count(), await db.jobResult.count()]).toEqual([2, 3])
    vi.setSystemTime(now() + 2)
    await purge(db)
    expect(await db.job.findMany()).toMatchObject([{ id: paused }])
    expect(await db.jobResult.count()).toBe(0)
  })
})
