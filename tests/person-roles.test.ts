import { describe, expect, test } from 'vitest'
import { fromNow, minutes } from '../src/time.ts'
import { withAdmin } from './support/admins.ts'
import { startApp } from './support/app.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson } from './support/people.ts'
import { accountsIn } from './support/requests.ts'

async function stage() {
  const services = await startApp()
  const { db, visitor } = services
  const signedIn = async (...[name, traits]: [string, Parameters<typeof addPerson>[2]]) => {
    const { user, token, sessionId } = await addPerson(db, name, traits)
    const browser = visitor()
    browser.cookies.set('foyer-session', token)
    return { user, browser, sessionId, page: `/admin/users/${user.id}` }
  }
  const ana = await signedIn('ana.silva', { email: 'ana@example.org' })
  const ada = await signedIn('ada.admin', { role: 'admin' })
  const sue = await signedIn('sue.support', { role: 'support' })
  return { ...services, ana, ada, sue, signedIn }
}

const ALL = ['confirm-again', 'data', 'delete', 'email', 'end-sessions', 'reset-link', 'reset-two-factor']
ALL.push('restore', 'role', 'send-reset', 'suspend', 'username', 'verify-email')

describe('a role', () => {
  test('is given: told by mail, and at work with the next sign-in, not before', async () => {
    const { app, db, ana, ada, visitor } = await stage()
    await ada.browser.visit(`${ana.page}/role`)
    expect(ada.browser.headline).toBe('Change the role of ana.silva?')
    await ada.browser.fill({ Role: 'admin', Reason: 'joins us' }).press('Change the role')
    expect(ada.browser.text('[role=status]')).toBe('ana.silva is now an administrator.')
    expect(ada.browser.text('.timeline')).toContain('Role changed: from member to admin. Reason: “joins us”')
    const [mail] = await mailOf(app)
    expect(mail).toMatchObject({ to: 'ana@example.org', subject: 'You are an administrator now' })
    expect(mail?.text).not.toContain('ada.admin')
    expect(await db.session.count({ where: { userId: ana.user.id } })).toBe(0)
    await ana.browser.visit('/admin')
    expect(ana.browser.path).toContain('/login')
    const anew = visitor()
    await anew.logIn('ana.silva')
    await anew.visit('/account/activity')
    expect(anew.text()).toMatch(/Role changed: from member to admin.*An administrator/)
    expect(anew.text()).not.toContain('ada.admin')
  })

  test('is taken, and nothing opens any more with the very next request', async () => {
    const { ada, sue } = await stage()
    await sue.browser.visit('/admin/users')
    expect(sue.browser.answer.statusCode).toBe(200)
    expect((await ada.browser.json('POST', `${sue.page}/role`, { role: 'member' })).statusCode).toBe(200)
    await sue.browser.visit('/admin/users')
    expect(sue.browser.path).toContain('/login')
  })

  test('is one there is, another than before, and not one’s own', async () => {
    const { db, ana, ada, signedIn } = await stage()
    const sam = await signedIn('sam.suspended', { status: 'suspended' })
    const before = await accountsIn(db)
    const give = (page: string, role: string) => ada.browser.json('POST', `${page}/role`, { role })
    for (const [page, role, status] of [
      [ana.page, 'owner', 422],
      [ana.page, '', 422],
      [ana.page, 'constructor', 422],
      [ana.page, 'member', 422],
      [ada.page, 'member', 403],
      [sam.page, 'admin', 409],
    ] as const)
      expect((await give(page, role)).statusCode, role).toBe(status)
    expect(await accountsIn(db)).toBe(before)
  })
})

describe('support', () => {
  test('helps members, and is offered nothing else', async () => {
    const { ana, sue, signedIn } = await stage()
    await sue.browser.visit(ana.page)
    const labels = [...sue.browser.document.querySelectorAll('details.confirm summary')]
    expect(labels.map(({ textContent }) => textContent)).toEqual([
      'Send a password link',
      'Sign out everywhere',
    ])
    expect(sue.browser.text()).not.toMatch(/Download|All their mail|In the audit log/)
    expect(sue.browser.document.querySelector('a[href^="/admin/mail"]')).toBeNull()
    await sue.browser.press('Sign ana.silva out everywhere')
    expect(sue.browser.text('[role=status]')).toBe('ana.silva is signed out everywhere.')
    const other = await signedIn('bea.support', { role: 'support' })
    await sue.browser.visit(other.page)
    expect(sue.browser.text('[aria-labelledby=actions]')).toContain('Turn to an administrator')
  })

  test('does nothing to administrators and support, and nothing that is for administrators', async () => {
    const { db, ana, ada, sue, signedIn } = await stage()
    const other = await signedIn('bea.support', { role: 'support' })
    const before = await accountsIn(db)
    const act = async (page: string, action: string) =>
      (await sue.browser.json('POST', `${page}/${action}`, action === 'role' ? { role: 'admin' } : {}))
        .statusCode
    for (const action of ALL) {
      for (const { page } of [ada, other, sue]) expect(await act(page, action), action).toBe(403)
      if (['end-sessions', 'send-reset', 'reset-two-factor'].includes(action)) continue
      expect(await act(ana.page, action), action).toBe(403)
    }
    expect(await act(ada.page, `sessions/${ada.sessionId}/end`)).toBe(403)
    expect(await accountsIn(db)).toBe(before)
  })
})

test('nothing is asked that can’t be done to somebody as they are, or to oneself', async () => {
  const { db, mira, person } = await withAdmin()
  const { user } = await addPerson(db, 'ana.silva')
  const of = async (name: string) => (await person(name)).id
  const yours = await db.session.findFirstOrThrow({ where: { userId: await of('mira.okafor') } })
  for (const [name, act] of [
    ['ana.silva', 'verify-email'],
    ['ana.silva', 'restore'],
    ['mira.okafor', 'suspend'],
    ['mira.okafor', `sessions/${yours.id}/end`],
  ] as const) {
    await mira.visit(`/admin/users/${await of(name)}/${act}`)
    expect(mira.headline).toBe(`This can’t be done to ${name} now`)
    expect(mira.document.querySelector('main form')).toBeNull()
    await mira.click('See what you can do')
    expect(mira.path).toBe(`/admin/users/${await of(name)}`)
  }
  await mira.visit(`/admin/users/${user.id}/suspend`)
  expect(mira.headline).toBe('Suspend ana.silva?')
})

test('nobody does any of it to themselves', async () => {
  const { db, ada } = await stage()
  const before = await accountsIn(db)
  const typed = new Map(Object.entries({ role: 'member', username: 'ada.new', email: 'new@example.org' }))
  for (const action of ALL) {
    const value = typed.get(action)
    const answer = await ada.browser.json('POST', `${ada.page}/${action}`, value ? { [action]: value } : {})
    expect([action, answer.statusCode, answer.json().message]).toEqual([
      action,
      403,
      'You can’t do that to your own account.',
    ])
  }
  expect(await accountsIn(db)).toBe(before)
})

describe('the sessions of a person', () => {
  test('end one by one, in this person’s name only', async () => {
    const { db, ana, ada, sue } = await stage()
    await ada.browser.visit(ana.page)
    const mixed = `${ana.page}/sessions/${sue.sessionId}/end`
    expect((await ada.browser.request('POST', mixed, {})).statusCode).toBe(404)
    expect((await ada.browser.request('GET', mixed)).statusCode).toBe(404)
    expect(await db.session.count()).toBe(3)
    await ada.browser.visit(ana.page)
    await ada.browser.click('Sign out Unknown device')
    expect(ada.browser.headline).toBe('Sign ana.silva out of Unknown device?')
    await ada.browser.fill({ Reason: 'Left in a library' }).press('Sign out Unknown device')
    expect(ada.browser.text('[role=status]')).toBe('Signed out of Unknown device.')
    expect(await db.session.count({ where: { userId: ana.user.id } })).toBe(0)
    expect(await db.session.count()).toBe(2)
    const [event] = await db.auditEvent.findMany({ where: { event: 'session.revoked' } })
    const detail = { device: 'Unknown device', reason: 'Left in a library' }
    expect(event).toMatchObject({ actor: ada.user.id, subjectId: ana.user.id, detail })
  })
})

describe('a username', () => {
  test('is changed: they sign in with the new one, and nobody else gets the old', async () => {
    const { app, ana, ada, visitor } = await stage()
    await ada.browser.visit(`${ana.page}/username`)
    await ada.browser.fill({ 'New username': 'ana.souza', Reason: 'married' }).press('Change the username')
    expect(ada.browser.text('[role=status]')).toBe('Username changed to ana.souza.')
    expect((await mailOf(app)).map(({ subject }) => subject)).toEqual(['Your username was changed'])
    const hers = visitor()
    await hers.logIn('ana.souza')
    expect(hers.path).toBe('/account')
    const other = visitor()
    await other.signUp('ana.silva')
    expect(other.errorAt('Username')).toContain('That username is taken')
  })

  test('that is taken, held, kept for the service or no name is refused', async () => {
    const { db, ana, ada } = await stage()
    const ben = await addPerson(db, 'ben.okri')
    await ada.browser.request('POST', `/admin/users/${ben.user.id}/username`, { username: 'ben.new' })
    const before = await accountsIn(db)
    for (const [username, code] of [
      ['ada.admin', 'username.taken'],
      ['ben.okri', 'username.taken'],
      ['root', 'username.reserved'],
      ['ana.silva', 'username.unchanged'],
      ['a b', 'username.characters'],
      ['', 'username.missing'],
    ] as const) {
      const answer = await ada.browser.json('POST', `${ana.page}/username`, { username })
      expect([username, answer.json().codes]).toEqual([username, { username: code }])
    }
    expect(await accountsIn(db)).toBe(before)
  })
})

describe('the data of a person', () => {
  test('is the file they get themselves, and they can see that it was taken', async () => {
    const { ana, ada } = await stage()
    await ada.browser.visit(ana.page)
    await ada.browser.click('Download their data')
    expect(ada.browser.headline).toBe('Download the data of ana.silva?')
    await ada.browser.fill({ Reason: 'asked by letter' }).press('Download the file')
    const { headers, body } = ada.browser.answer
    expect(headers['content-disposition']).toContain('foyer-ana.silva.json')
    const own = await ana.browser.request('POST', '/account/data', {})
    expect(Object.keys(JSON.parse(body))).toEqual(Object.keys(own.json()))
    expect(JSON.parse(body).account.id).toBe(ana.user.id)
    await ana.browser.visit('/account/activity')
    expect(ana.browser.text()).toContain('Copy of all data taken. Reason: “asked by letter”')
    expect(ana.browser.text()).toContain('Account looked at by an administrator or support')
    expect(ana.browser.text()).not.toContain('ada.admin')
  })
})

test('looking at a person is noted once an hour for each who looks', async () => {
  const { db, ana, ada, sue } = await stage()
  for (let times = 0; times < 3; times++)
    for (const { browser } of [ada, sue]) expect((await browser.json('GET', ana.page)).statusCode).toBe(200)
  await ada.browser.visit(ada.page)
  const views = () => db.auditEvent.count({ where: { event: 'user.viewed', subjectId: ana.user.id } })
  expect(await views()).toBe(2)
  expect(await db.auditEvent.count({ where: { subjectId: ada.user.id, event: 'user.viewed' } })).toBe(0)
  await db.throttle.updateMany({ data: { tat: BigInt(fromNow(-minutes(1)).getTime()) } })
  await ada.browser.visit(ana.page)
  expect(await views()).toBe(3)
})

test('a long history is read a page at a time', async () => {
  const { db, ana, ada } = await stage()
  const event = { event: 'login.failed', actor: 'visitor', via: 'html', subjectId: ana.user.id }
  await db.auditEvent.createMany({ data: Array.from({ length: 1100 }, () => event) })
  const shown = () => ada.browser.document.querySelectorAll('.timeline li').length
  await ada.browser.visit(ana.page)
  expect(shown()).toBe(50)
  expect(ada.browser.text('[aria-labelledby=how]')).toContain('999 or more in the past 30 days')
  const first = ada.browser.text('.timeline')
  await ada.browser.click('Older')
  expect(shown()).toBe(50)
  expect(ada.browser.text('.timeline')).not.toBe(first)
  await ada.browser.click('Newer')
  expect(ada.browser.text('.timeline')).toBe(first)
})
