import { describe, expect, test } from 'vitest'
import { packIds } from '../src/features/bulk/packed-ids.ts'
import { addJob, runJobs } from './support/jobs.ts'
import { linkIn, mailOf } from './support/mailbox.ts'
import { SMTP } from './support/mails.ts'
import { beforeEachPerson } from './support/meanwhile.ts'
import { ADDRESS, save, withAna } from './support/password-reset.ts'
import { addPerson } from './support/people.ts'
import { accountsIn, FORM, JSON_TYPE, send } from './support/requests.ts'

/** The service with a member, and an administrator who looks at her. */
async function withAdmin(env: Record<string, string> = {}) {
  const services = await withAna(env)
  const { app, db, ana } = services
  const admin = await addPerson(db, 'mira.okafor', { role: 'admin', email: 'mira@example.org' })
  const mira = services.visitor({ ip: '203.0.113.7' })
  mira.cookies.set('foyer-session', admin.token)
  await mira.visit(`/admin/users/${ana.user.id}`)
  const act = (action: 'send-reset' | 'reset-link', id = ana.user.id, { cookie } = admin) =>
    send(app, { method: 'POST', url: `/admin/users/${id}/${action}`, type: FORM, body: '', cookie })
  const told = (event: string) => db.auditEvent.findMany({ where: { event } })
  return { ...services, admin, mira, act, told }
}

describe('an administrator', () => {
  test('has a link mailed to the proven address, and does not see it', async () => {
    const { app, ana, admin, mira, visitor, told } = await withAdmin({ EMAIL: 'optional', ...SMTP })
    await mira.visit(`/admin/users/${ana.user.id}/send-reset`)
    expect(mira.headline).toBe('Send ana.silva a password link?')
    await mira.fill({ Reason: 'Rang us' }).press('Send the link')
    expect(mira.path).toBe(`/admin/users/${ana.user.id}`)
    expect(mira.text('[role=status]')).toBe('Password link sent to ana.silva.')
    expect(mira.text('.timeline')).toContain('Link for a new password asked for. Reason: “Rang us”')
    expect(await told('password.reset-requested')).toMatchObject([
      { actor: admin.user.id, subjectId: ana.user.id, detail: { reason: 'Rang us' } },
    ])

    const [mail, ...more] = await mailOf(app)
    expect([mail?.to, more]).toEqual([ADDRESS, []])
    expect(mail?.text).not.toMatch(/203\.0\.113\.7|Firefox/)
    const ours = visitor()
    await ours.visit(linkIn(mail))
    await save(ours)
    expect(ours.path).toBe('/login')
  })

  test('makes a link to hand over: shown once, and kept nowhere', async () => {
    const { db, ana, admin, mira, visitor, told } = await withAdmin()
    await mira.visit(`/admin/users/${ana.user.id}/reset-link`)
    expect(mira.headline).toBe('Make a reset link for ana.silva?')
    await mira.fill({ Reason: 'Lost her mailbox' }).press('Make a reset link')
    expect(mira.answer.statusCode).toBe(200)
    const link = mira.text('#link')
    expect(link).toMatch(/^http:\/\/localhost:3000\/reset-password\?token=[\w-]{43}$/)
    const events = await told('password.reset-link-made')
    expect(events).toMatchObject([
      { actor: admin.user.id, subjectId: ana.user.id, detail: { reason: 'Lost her mailbox' } },
    ])
    const token = link.slice(-43)
    expect(JSON.stringify([events, mira.answer.headers, [...mira.cookies], mira.path])).not.toContain(token)
    expect(await db.mail.count()).toBe(0)
    await mira.click('Done')
    expect(mira.text('.timeline')).toContain('Link for a new password made. Reason: “Lost her mailbox”')
    expect(mira.answer.body).not.toContain(token)

    const hers = visitor()
    await hers.visit(link.replace('http://localhost:3000', ''))
    await save(hers)
    expect(hers.path).toBe('/login')
    await hers.visit(link.replace('http://localhost:3000', ''))
    expect(hers.answer.statusCode).toBe(410)
  })

  test('gets the link as JSON, if asked to', async () => {
    const { ana, mira } = await withAdmin()
    const answer = await mira.json('POST', `/admin/users/${ana.user.id}/reset-link`, { reason: '' })
    expect(answer.json()).toEqual({
      status: 'success',
      link: expect.stringMatching(/\/reset-password\?token=[\w-]{43}$/),
    })
    const sent = await mira.json('POST', `/admin/users/${ana.user.id}/send-reset`, {})
    expect(sent.json()).toEqual({ status: 'success' })
  })

  test('is offered only what would work, and refused the rest', async () => {
    const { db, mira, act, admin } = await withAdmin()
    const none = await addPerson(db, 'ben.okri')
    const unproven = await addPerson(db, 'una.unproven')
    await db.user.update({ where: { id: unproven.user.id }, data: { email: 'una@example.org' } })
    const suspended = await addPerson(db, 'sue.suspended', { status: 'suspended', email: 'sue@example.org' })
    const pending = await addPerson(db, 'pia.pending', { status: 'pending' })
    const offered: unknown[] = []
    for (const { user } of [none, unproven, suspended, pending, admin]) {
      await mira.visit(`/admin/users/${user.id}`)
      const words = mira.text('[aria-labelledby=actions]')
      const statuses = [await act('send-reset', user.id), await act('reset-link', user.id)]
      offered.push([
        user.username,
        words.includes('Send a password link'),
        words.includes('Make a reset link'),
        ...statuses.map(({ statusCode }) => statusCode),
      ])
    }
    expect(offered).toEqual([
      ['ben.okri', false, true, 409, 200],
      ['una.unproven', false, true, 409, 200],
      ['sue.suspended', false, false, 409, 409],
      ['pia.pending', false, false, 409, 409],
      ['mira.okafor', false, false, 403, 403],
    ])
    expect(await db.token.count()).toBe(2)
    expect(await db.mail.count()).toBe(0)
  })

  test('has no mail to send where there is none', async () => {
    const { mira, act } = await withAdmin({ EMAIL: 'off' })
    expect(mira.text('[aria-labelledby=actions]')).not.toContain('Send a password link')
    expect((await act('send-reset')).statusCode).toBe(404)
    expect((await act('reset-link')).statusCode).toBe(200)
    await mira.visit('/admin/users')
    expect(mira.text('.bulk')).not.toMatch(/password link|confirmation/)
    await mira.visit('/admin/jobs/new')
    expect(mira.text('main')).toContain('Suspend everybody')
    expect(mira.text('main')).not.toMatch(/password link|confirmation/)
  })

  test.each(['send-reset', 'confirm-again'])(
    'sends none there by %s for any number of people',
    async (act) => {
      const { app, db, admin, mira } = await withAdmin({ EMAIL: 'off' })
      const { user: ana } = await addPerson(db, 'ana.souza', { email: 'ana.souza@example.org' })
      const { user: ben } = await addPerson(db, 'ben.okri', { email: 'ben@example.org' })
      await db.user.update({ where: { id: ben.id }, data: { provenEmailKey: null } })
      const person = `/admin/users/${ana.id}/${act}`
      const selected = '/admin/users/selected/confirm'
      for (const [path, body] of [
        [person, {}],
        [selected, { do: act, id: [ana.id] }],
        [selected, { do: act, id: [ana.id, ben.id] }],
        ['/admin/jobs/new', { do: act }],
      ] as const)
        expect((await mira.json('POST', path, body)).statusCode, path).toBe(404)
      for (const path of [`${selected}?do=${act}&ids=${packIds([ana.id])}`, `/admin/jobs/new?do=${act}`]) {
        await mira.visit(path)
        expect([mira.answer.statusCode, mira.text('main')]).toEqual([
          404,
          expect.stringContaining('We don’t send email here'),
        ])
      }
      expect(await db.job.count()).toBe(0)

      // One that was begun while there was mail.
      await addJob(db, { action: act, actorId: admin.user.id })
      await runJobs(app)
      expect(await db.job.findFirst()).toMatchObject({
        state: 'done',
        done: 0,
        refused: await db.user.count(),
      })
      expect(await db.mail.count()).toBe(0)
    },
  )

  test.each([
    ['suspended', { status: 'suspended' }],
    ['made a member', { role: 'member' }],
  ] as const)('who is %s while the request is on its way does nothing', async (_how, change) => {
    const { app, db, ana, act } = await withAdmin()
    const bea = await addPerson(db, 'bea.admin', { role: 'admin' })
    const where = { id: bea.user.id }
    await db.user.update({ where, data: change })
    const after = await accountsIn(db)
    beforeEachPerson(app, () => db.user.update({ where, data: change }))
    for (const action of ['send-reset', 'reset-link'] as const) {
      await db.user.update({ where, data: { role: 'admin', status: 'active' } })
      expect((await act(action, ana.user.id, bea)).statusCode).toBe(403)
      expect(await accountsIn(db)).toBe(after)
    }
    const done = { event: { notIn: ['user.viewed', 'change.refused'] } }
    expect(await db.auditEvent.count({ where: done })).toBe(0)
  })

  test('says why in one line, or it is a thing to fix', async () => {
    const { db, app, ana, admin } = await withAdmin()
    const before = await accountsIn(db)
    for (const action of ['send-reset', 'reset-link']) {
      const url = `/admin/users/${ana.user.id}/${action}`
      const body = JSON.stringify({ reason: 'w'.repeat(201) })
      const answer = await send(app, { method: 'POST', url, type: JSON_TYPE, body, cookie: admin.cookie })
      expect([answer.statusCode, answer.json().codes]).toEqual([422, { reason: 'field.too-long' }])
    }
    expect(await accountsIn(db)).toBe(before)
  })
})
