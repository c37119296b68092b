import { describe, expect, test } from 'vitest'
import { localSource, record } from '../src/accounts/audit/audit.ts'
import { startApp } from './support/app.ts'
import { addPerson, source } from './support/people.ts'
import { keepPlaces, place } from './support/places.ts'
import type { Visitor } from './support/visitor.ts'

/** What, and by whom and from where, of each row from the newest on. */
const rows = (ana: Visitor) =>
  [...ana.document.querySelectorAll('.timeline > li')].map((row) => {
    const [what, meta] = [...row.querySelectorAll('p')].map((line) =>
      line.textContent?.replace(/\s+/g, ' ').trim(),
    )
    return [what, ...(meta?.split(' · ').slice(1) ?? [])]
  })

const FIREFOX = 'Firefox on Linux, 192.0.2.1'

describe('a member sees what happened to their account', () => {
  test('in plain words: what, by whom and from where, newest first', async () => {
    const { visitor, db } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await visitor({ ip: '198.51.100.9' }).logIn('ana.silva', 'wrong')
    await ana.visit('/account/name')
    await ana.fill({ Name: 'Ana Silva' }).press('Save name')
    const phone = visitor({ ip: '203.0.113.41', userAgent: 'Version/19 Safari/604 iPhone' })
    await phone.logIn('ana.silva')
    await ana.visit('/account')
    await ana.press('Sign out Safari on iPhone')
    await phone.logIn('ana.silva')
    await ana.visit('/account')
    await ana.press('Sign out of all other devices')
    // Another member's is theirs alone.
    await visitor().signUp('eva.other')
    const { id: subjectId } = await db.user.findUniqueOrThrow({ where: { username: 'ana.silva' } })
    await record(db, 'email.proven', { actor: 'foyer', subjectId, source: localSource('service') })

    await ana.visit('/account')
    await ana.click('See what happened to your account')
    expect(ana.headline).toBe('Activity')
    expect(rows(ana)).toEqual([
      ['Email address confirmed', 'The service'],
      ['Signed out elsewhere: 1 other device', 'You', FIREFOX],
      ['Signed in', 'You', 'Safari on iPhone, 203.0.113.41'],
      ['Signed out elsewhere: Safari on iPhone', 'You', FIREFOX],
      ['Signed in', 'You', 'Safari on iPhone, 203.0.113.41'],
      ['Name changed', 'You', FIREFOX],
      ['Sign-in failed', 'Someone who wasn’t signed in', 'Firefox on Linux, 198.51.100.9'],
      ['Account created', 'You', FIREFOX],
    ])
  })

  test('with what administrators did and why, but not who they are or where', async () => {
    const { visitor, db } = await startApp()
    const { user } = await addPerson(db, 'ana.silva')
    const { token } = await addPerson(db, 'mira.okafor', { role: 'admin' })
    const mira = visitor({ ip: '198.51.100.77', userAgent: 'curl/8.0' })
    mira.cookies.set('foyer-session', token)
    await mira.request('POST', `/admin/users/${user.id}/suspend`, { reason: 'Reported for <b>spam</b>' })
    await mira.request('POST', `/admin/users/${user.id}/restore`, {})
    const entry = { actor: 'cli:root', subjectId: user.id, source: localSource('cli') }
    await record(db, 'password.reset-link-made', entry)
    const ana = visitor()
    await ana.logIn('ana.silva')
    await ana.visit('/account/activity')
    expect(rows(ana)).toEqual([
      ['Signed in', 'You', FIREFOX],
      ['Link for a new password made', 'An administrator'],
      ['Suspension lifted', 'An administrator'],
      ['Account suspended. Reason: “Reported for <b>spam</b>”', 'An administrator'],
    ])
    expect(ana.answer.body).not.toContain('<b>spam')
    const { body } = await ana.json('GET', '/account/activity')
    for (const page of [ana.answer.body, body]) expect(page).not.toMatch(/mira|198\.51\.100\.77|curl|root/)
  })

  test('roughly where, if there is a database of places', async () => {
    const { path } = keepPlaces({ '192.0.2.0/24': place('Lisbon', 'Portugal') })
    const { visitor } = await startApp({ GEOIP_DATABASE: path })
    const ana = visitor()
    await ana.signUp('ana.silva')
    await ana.visit('/account/activity')
    expect(rows(ana)).toEqual([['Account created', 'You', `${FIREFOX}, near Lisbon, Portugal`]])
  })

  test('fifty to a page, two ways, and as JSON', async () => {
    const { visitor, db } = await startApp()
    const { user, token } = await addPerson(db, 'ana.silva')
    const { requestId, userAgent, via } = source
    const entries = Array.from({ length: 60 }, (_, i) => ({
      ...{ id: `01890000-0000-7000-8000-0000000000${10 + i}`, event: 'session.started' },
      ...{ actor: user.id, subjectId: user.id, requestId, userAgent, via, ip: `10.0.0.${i}` },
    }))
    await db.auditEvent.createMany({ data: entries })
    const ana = visitor()
    ana.cookies.set('foyer-session', token)
    await ana.visit('/account/activity')
    expect(ana.text('.timeline > li:first-child')).toContain('10.0.0.59')
    expect(rows(ana)).toHaveLength(50)
    expect(ana.text('.pager')).toBe('50 shown Older')
    await ana.click('Older')
    expect(rows(ana)).toHaveLength(10)
    expect(ana.text('.timeline > li:last-child')).toContain('10.0.0.0')
    await ana.click('Newer')
    expect(ana.text('.timeline > li:first-child')).toContain('10.0.0.59')
    expect(rows(ana)).toHaveLength(50)

    const { events, older, newer } = (await ana.json('GET', '/account/activity')).json()
    expect([events.length, newer]).toEqual([50, undefined])
    expect(events[0]).toEqual({
      ...{ event: 'session.started', kind: 'ok', text: 'Signed in', by: 'You' },
      ...{ from: 'Unknown device, 10.0.0.59', at: expect.stringMatching(/^\d{4}-.*Z$/) },
    })
    expect((await ana.json('GET', older)).json().events).toHaveLength(10)
  })

  test('and refuses keys that are none', async () => {
    const { visitor, db } = await startApp()
    const { token } = await addPerson(db, 'ana.silva')
    const ana = visitor()
    ana.cookies.set('foyer-session', token)
    for (const query of ['after=x', "before='", 'after=']) {
      await ana.visit(`/account/activity?${query}`)
      expect(ana.answer.statusCode, query).toBe(400)
    }
  })
})
