import { randomUUIDv7 } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Db } from '../src/db/client.ts'
import { hours, minutes, now } from '../src/time.ts'
import { withAdmin } from './support/admins.ts'
import { formStage } from './support/form-stage.ts'
import { addJob } from './support/jobs.ts'
import { addPerson, asWho, PASSWORD } from './support/people.ts'
import { everythingIn, send } from './support/requests.ts'
import { optionsFor, SoftwarePasskey, storePasskey } from './support/software-passkey.ts'
import { Visitor } from './support/visitor.ts'

afterEach(() => void vi.useRealTimers())

const SECRETS = ['password', 'current', 'code', 'credential']

/** The form that waits in a page which asks who it is: where it goes, and what it brings along. */
function waiting({ document }: Visitor) {
  const form = document.querySelector('main form')
  const fields = [...(form?.querySelectorAll('input[type=hidden]') ?? [])].map((input) => [
    input.getAttribute('name'),
    input.getAttribute('value'),
  ])
  return { action: form?.getAttribute('action'), fields }
}

const growStale = (db: Db) => db.session.updateMany({ data: { provenAt: null } })

/** An administrator who opened a page, and comes back to it when the proof is old. */
async function later(path: string) {
  const services = await withAdmin()
  const ana = await addPerson(services.db, 'ana.silva')
  await services.mira.visit(path.replace('ANA', ana.user.id))
  await growStale(services.db)
  return { ...services, ana: ana.user }
}

const confirmed = (visitor: Visitor) => visitor.fill({ 'Your password': PASSWORD }).press('Continue')

test('of every form that asks for a fresh proof nothing is done and nothing lost, but secrets', async () => {
  const { app, db, forms, legalBody, address, ownOf } = await formStage()
  const asking = forms.filter(({ access }) =>
    ['owners', 'enrolling', 'leavers', 'helpers', 'admins', 'deciders'].includes(access),
  )
  expect(asking.length).toBeGreaterThan(40)
  for (const [i, { url, access, fields }] of asking.entries()) {
    const role = asWho(access) as 'admin' | 'member'
    const { user, token } = await addPerson(db, `${role}.number${i}`, { role })
    const own = await ownOf(user)
    const path = address(url, own)
    const visitor = new Visitor(app)
    visitor.cookies.set('foyer-session', token)
    await growStale(db)
    const before = await everythingIn(db)
    const body = legalBody(url)

    await visitor.request('POST', path, body)
    expect([visitor.answer.statusCode, visitor.headline], url).toEqual([403, 'Confirm it’s you'])
    if (url !== '/account/passkeys/options') expect(visitor.text(), url).toContain('What you sent from “')
    expect(visitor.answer.cookies, url).toEqual([])
    const kept = Object.entries(body).filter(([name]) => !SECRETS.includes(name))
    expect(waiting(visitor), url).toEqual({ action: path, fields: [['proof', 'password'], ...kept] })
    expect(await everythingIn(db), url).toBe(before)

    const lost = fields.some((name) => SECRETS.includes(name))
    await visitor.fill({ 'Your password': PASSWORD }).press('Continue')
    expect(visitor.headline, url).not.toBe('Confirm it’s you')
    expect(visitor.text(), url).not.toContain('This form has no such field')
    if (lost) expect(visitor.text('[role=status]'), url).toContain('Nothing has been done yet')
    expect(visitor.text(), url).not.toContain('signed out meanwhile')
    expect(visitor.answer.statusCode, url).toBeLessThan(500)
    // Where they are signed out by it, there is none.
    const where = { userId: user.id, id: { not: own.session } }
    for (const { provenAt } of await db.session.findMany({ where }))
      expect(provenAt?.getTime(), url).toBeGreaterThan(now() - minutes(1))
  }
})

describe('a form that waits for a proof', () => {
  test('stays while the password is mistyped, then goes on by itself', async () => {
    const { mira, db } = await later('/admin/users/new')
    await mira
      .fill({ Username: 'Lea.M', 'Name (optional)': 'Lea "<b>" & Möller', Role: 'support' })
      .press('Make the account')
    expect(mira.text()).toContain('What you sent from “Add a person” is kept')
    for (const typed of ['wrong-horse-battery', '']) {
      await mira.fill({ 'Your password': typed }).press('Continue')
      expect(mira.answer.statusCode).toBe(422)
      expect(mira.document.title).toMatch(/^Error: /)
    }
    expect(await db.user.count()).toBe(2)
    await confirmed(mira)
    const lea = await db.user.findUniqueOrThrow({ where: { username: 'lea.m' } })
    expect([lea.name, lea.role]).toEqual(['Lea "<b>" & Möller', 'support'])
    expect(await db.auditEvent.count({ where: { event: 'session.proven' } })).toBe(1)
    await mira.visit('/admin/users/new')
    expect(mira.path).toBe('/admin/users/new')
  })

  test('is judged by its own rules when it goes on', async () => {
    const { mira } = await later('/admin/users/new')
    await mira.fill({ Username: 'x', 'Name (optional)': 'Lea' }).press('Make the account')
    await confirmed(mira)
    expect(mira.answer.statusCode).toBe(422)
    expect(mira.errorAt('Username')).toBe('Make it 3 characters or more')
    expect(mira.field('Name (optional)').getAttribute('value')).toBe('Lea')
    // The session has its new token all the same.
    await mira.fill({ Username: 'lea' }).press('Make the account')
    expect(mira.answer.statusCode).toBeLessThan(400)
  })

  test('is done by nobody who is no administrator any more', async () => {
    const { mira, db, ana } = await later('/admin/users/ANA/suspend')
    await mira.fill({ Reason: 'Asked for it' }).press('Suspend ana.silva')
    await db.user.updateMany({ data: { role: 'member' } })
    await confirmed(mira)
    expect(mira.answer.statusCode).toBe(403)
    expect((await db.user.findUniqueOrThrow({ where: { id: ana.id } })).status).toBe('active')
  })

  test('goes on by a passkey too', async () => {
    const { mira, db, ana, person } = await later('/admin/users/ANA/suspend')
    const phone = new SoftwarePasskey()
    await storePasskey(db, await person('mira.okafor'), phone)
    await mira.fill({ Reason: 'Asked for it' }).press('Suspend ana.silva')
    const [, form] = mira.document.querySelectorAll('main form')
    expect(form?.getAttribute('action')).toBe(mira.path)
    const fields = { proof: 'passkey', reason: 'Asked for it' }
    for (const [name, value] of Object.entries(fields))
      expect(form?.querySelector(`[name=${name}]`)?.getAttribute('value')).toBe(value)
    const path = mira.path
    await mira.request('POST', path, { ...fields, credential: '{}' })
    expect(mira.answer.statusCode).toBe(422)
    expect(waiting(mira).fields).toContainEqual(['reason', 'Asked for it'])
    const credential = JSON.stringify(phone.get(await optionsFor(mira, '/account/confirm/passkey')))
    await mira.request('POST', path, { ...fields, credential })
    expect(mira.answer.statusCode).toBe(303)
    expect((await db.user.findUniqueOrThrow({ where: { id: ana.id } })).status).toBe('suspended')
  })

  test('comes back as a form, if a secret of it wasn’t kept', async () => {
    const { mira, db } = await later('/account/two-factor')
    const key = mira.document.querySelector('[name=key]')?.getAttribute('value')
    await mira.fill({ '6-digit code': '123456' }).press('Turn on')
    expect(mira.answer.body).not.toContain('123456')
    await confirmed(mira)
    expect(mira.text('[role=status]')).toContain('Nothing has been done yet')
    expect(mira.document.querySelector('[name=key]')?.getAttribute('value')).toBe(key)
    expect(mira.document.querySelector('[aria-invalid]')).toBeNull()
    expect(await db.authenticator.count()).toBe(0)
  })

  test('is asked for its proof, though it comes without a body', async () => {
    const { app, mira, ana, db } = await later('/admin')
    const cookie = `foyer-session=${mira.cookies.get('foyer-session')}`
    const answer = await send(app, { method: 'POST', url: `/admin/users/${ana.id}/suspend`, cookie })
    expect(answer.statusCode).toBe(403)
    expect(await db.user.count({ where: { status: 'suspended' } })).toBe(0)
  })

  test('to an address that names nothing is refused before anybody is asked', async () => {
    const { mira } = await later('/admin')
    for (const id of ['x', '%00', randomUUIDv7()]) {
      await mira.request('POST', `/admin/users/${id}/suspend`, { reason: '' })
      expect(mira.answer.statusCode, id).toBe(404)
    }
  })

  test('is named where its address asks for what no page has', async () => {
    const { mira, db } = await later('/admin')
    const path = `/admin/jobs/${await addJob(db, { state: 'paused' })}/cancel`
    for (const query of ['after=a&after=b', 'before=x', 'after=']) {
      await mira.request('POST', `${path}?${query}`, {})
      expect([mira.answer.statusCode, mira.headline], query).toEqual([403, 'Confirm it’s you'])
      expect(mira.text(), query).toContain('What you sent from “Suspend everybody” is kept')
    }
  })

  test('of another site is not even shown', async () => {
    const { mira, ana } = await later('/admin')
    const [path, form] = [`/admin/users/${ana.id}/role`, { role: 'admin', reason: 'evil' }]
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      for (const body of [form, { ...form, proof: 'password', current: PASSWORD }]) {
        await mira.request('POST', path, body, headers)
        expect(mira.answer.statusCode).toBe(403)
        expect(mira.headline).toBe('You can’t open this page')
        expect(mira.answer.body).not.toContain('evil')
      }
    }
  })

  test('is nothing to programs, which are told as ever', async () => {
    const { mira, ana, db } = await later('/admin')
    const path = `/admin/users/${ana.id}/suspend`
    const proof = { proof: 'password', current: PASSWORD }
    for (const body of [{ reason: '' }, { reason: '', ...proof }]) {
      const answer = await mira.json('POST', path, body)
      expect(answer.statusCode).toBe(403)
      expect(answer.json().message).toBe('Confirm that it’s you first, at /account/confirm.')
    }
    await db.session.updateMany({ data: { provenAt: new Date() } })
    const unknown = await mira.json('POST', path, { reason: '', ...proof })
    expect([unknown.statusCode, Object.keys(unknown.json().errors)]).toEqual([422, ['proof', 'current']])
  })

  test('may be as large as any, and have as many values', async () => {
    const { mira, db } = await later('/admin/settings/terms')
    const ids = Array.from({ length: 98 }, () => ['id', randomUUIDv7()])
    const many = new URLSearchParams([...ids, ['do', 'restore'], ['reason', 'x']])
    await mira.request('POST', '/admin/users/selected/confirm', many.toString())
    const { fields } = waiting(mira)
    expect(fields).toEqual([['proof', 'password'], ...ids, ['do', 'restore'], ['reason', 'x']])
    await mira.fill({ 'Your password': 'wrong-horse-battery' }).press('Continue')
    expect(mira.answer.statusCode).toBe(422)
    expect(waiting(mira).fields).toEqual(fields)

    const most = 768 * 1024
    const long = `terms=${'a'.repeat(most - 'terms='.length)}`
    await mira.request('POST', '/admin/settings/terms', long)
    expect(mira.answer.statusCode).toBe(403)
    await mira.fill({ 'Your password': PASSWORD }).press('Continue')
    expect(mira.field('Terms').textContent?.trim().length).toBe(most - 'terms='.length)
    await growStale(db)
    await mira.request('POST', '/admin/settings/terms', `${long}${'a'.repeat(8 * 1024 + 1)}`)
    expect(mira.answer.statusCode).toBe(413)
  })
})

describe('a file that asks for a proof', () => {
  test('is offered again where it was, with what to do', async () => {
    const { mira } = await later('/admin')
    for (const [path, page] of [
      ['/admin/users.csv?status=active&q=ana', '/admin/users?status=active&q=ana'],
      ['/admin/users.jsonl', '/admin/users'],
      ['/admin/audit.csv?action=user.suspended', '/admin/audit?action=user.suspended'],
    ] as const) {
      vi.useFakeTimers({ toFake: ['Date'] })
      vi.setSystemTime(now() + hours(0.5))
      await mira.visit(path)
      expect(mira.path, path).toContain('/account/confirm?')
      await confirmed(mira)
      expect(mira.path).toBe(page)
      expect(mira.text('[role=status]')).toBe('Thank you, that’s you. Nothing has been done yet: go on here.')
      expect((await mira.visit(path)).answer.headers['content-disposition']).toContain('attachment')
    }
  })

  test('and for a reason keeps that', async () => {
    const { mira, db } = await later('/admin/users/ANA/data')
    await mira.fill({ Reason: 'They asked' }).press('Download the file')
    await confirmed(mira)
    expect(mira.text('[role=status]')).toContain('Nothing has been done yet')
    expect(mira.field('Reason').getAttribute('value')).toBe('They asked')
    expect(await db.auditEvent.count({ where: { event: 'data.downloaded' } })).toBe(0)
    await mira.press('Download the file')
    expect(mira.answer.headers['content-disposition']).toContain('attachment')

    await mira.visit('/account/data')
    await growStale(db)
    await mira.press('Download as JSON')
    await confirmed(mira)
    expect(mira.headline).toBe('Your data')
    expect(mira.text('[role=status]')).toContain('Nothing has been done yet')
    await mira.press('Download as JSON')
    expect(mira.answer.headers['content-disposition']).toContain('attachment')
  })
})
