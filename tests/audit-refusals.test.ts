import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Db } from '../src/db/client.ts'
import { fromNow, minutes } from '../src/time.ts'
import { withAdmin } from './support/admins.ts'
import { startApp } from './support/app.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { FORM, send } from './support/requests.ts'

afterEach(() => void vi.useRealTimers())

const refusals = (db: Db) =>
  db.auditEvent.findMany({
    where: { OR: [{ event: { endsWith: 'refused' } }, { event: 'proof.failed' }] },
    select: { event: true, actor: true, subjectId: true, detail: true },
    orderBy: { id: 'asc' },
  })

describe('whoever is signed in and refused', () => {
  test('by their role is on record once in ten minutes, and sees so themselves', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { db, visitor } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    const { id } = await db.user.findUniqueOrThrow({ where: { username: 'ana.silva' } })
    for (const path of ['/admin', '/admin/users', '/admin/audit']) await ana.visit(path)
    expect((await ana.json('POST', '/admin/settings/sign-up', {})).statusCode).toBe(403)
    const row = { event: 'access.refused', actor: id, subjectId: id }
    expect(await refusals(db)).toEqual([{ ...row, detail: { method: 'GET', page: '/admin' } }])
    vi.setSystemTime(fromNow(minutes(10) + 1))
    await ana.json('POST', '/admin/settings/sign-up', {})
    expect((await refusals(db))[1]).toEqual({
      ...{ ...row, detail: { method: 'POST', page: '/admin/settings/sign-up' } },
    })
    await ana.visit('/account/activity')
    expect(ana.text('.timeline')).toContain('Page for administrators refused: /admin')
  })

  test('outside the administrators’ networks is on record, though there is no such page', async () => {
    const { app, db } = await startApp({ ADMIN_NETWORKS: '192.0.2.0/24' })
    const { user, cookie } = await addPerson(db, 'ada.admin', { role: 'admin' })
    for (const cookie of ['', `foyer-session=${'x'.repeat(43)}`])
      await send(app, { url: '/admin', cookie, ip: '198.51.100.1' })
    expect(await refusals(db)).toEqual([])
    const answer = await send(app, { url: '/admin/users', cookie, ip: '198.51.100.1' })
    expect(answer.statusCode).toBe(404)
    expect(answer.body).not.toContain('ada.admin')
    expect(await refusals(db)).toMatchObject([{ event: 'access.network-refused', actor: user.id }])
  })

  test('as another site sent their form, is on record; without a session nobody is', async () => {
    const { app, db } = await startApp()
    const { user, cookie } = await addPerson(db, 'ana.silva')
    const form = { method: 'POST', url: '/account/name', type: FORM, body: 'name=Mallory' }
    const headers = { 'sec-fetch-site': 'same-site' }
    expect((await send(app, { ...form, headers })).statusCode).toBe(403)
    expect(await refusals(db)).toEqual([])
    expect((await send(app, { ...form, cookie, headers })).statusCode).toBe(403)
    expect(await refusals(db)).toMatchObject([{ event: 'access.site-refused', actor: user.id }])
  })

  test('to change an administrator is on record for that one, who sees it', async () => {
    const { db, mira, person, visitor } = await withAdmin()
    const support = await addPerson(db, 'sue.support', { role: 'support' })
    const sue = visitor()
    sue.cookies.set('foyer-session', support.token)
    const { id } = await person('mira.okafor')
    await sue.request('POST', `/admin/users/${id}/reset-two-factor`, {})
    expect(sue.answer.statusCode).toBe(403)
    expect(await refusals(db)).toMatchObject([
      { event: 'change.refused', actor: support.user.id, subjectId: id },
    ])
    await mira.visit('/account/activity')
    expect(mira.text('.timeline > li')).toMatch(/^Change refused: .*An administrator/s)
  })

  test('as the last administrator stays, is on record', async () => {
    const { db, mira, person } = await withAdmin()
    const { id } = await person('mira.okafor')
    await mira.request('POST', '/account/delete', {})
    expect(mira.answer.statusCode).toBe(409)
    expect(await refusals(db)).toMatchObject([{ event: 'change.refused', actor: id, subjectId: id }])
    await mira.visit('/admin/audit?action=change.refused')
    expect(mira.text('tbody')).toContain('Change refused: /account/delete')
    await mira.visit('/admin/audit.csv?action=change.refused')
    expect(mira.answer.body).toContain('""page"":""/account/delete""')
  })
})

test('each proof that fails is on record, wherever the password is asked for', async () => {
  const { db, visitor } = await startApp()
  const { user, token } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  const ana = visitor()
  ana.cookies.set('foyer-session', token)
  const wrong = { current: 'wrong-horse-battery' }
  const forms = {
    '/account/confirm': wrong,
    '/account/password': { ...wrong, password: 'another-horse-battery' },
    '/account/email': { ...wrong, email: 'other@example.org' },
  }
  for (const [path, body] of Object.entries(forms)) await ana.request('POST', path, body)
  const row = { event: 'proof.failed', actor: user.id, subjectId: user.id }
  expect(await refusals(db)).toMatchObject([row, row, row])
  await ana.request('POST', '/account/confirm', { current: PASSWORD })
  await ana.visit('/account/activity')
  expect(ana.text('.timeline')).toContain('Identity not confirmed, wrong password or passkey')
})

test('strangers who are refused leave the log alone, and no row', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { app, db, visitor } = await startApp()
  await addPerson(db, 'ana.silva')
  const stranger = visitor()
  for (let i = 0; i < 25; i++)
    await stranger.request('POST', '/register', { username: 'ana.silva', password: PASSWORD })
  expect(stranger.answer.statusCode).toBe(429)
  await stranger.visit('/admin/users')
  await send(app, { method: 'POST', url: '/login', type: FORM, body: '', headers: { 'sec-fetch-site': 'x' } })
  expect(await db.auditEvent.count()).toBe(0)
  expect(app.turnedAway).toMatchObject({ throttled: 5, refused: 1 })
})
