import { describe, expect, test } from 'vitest'
import { record } from '../src/accounts/audit/audit.ts'
import { eventGroups, eventsOf } from '../src/accounts/audit/event-groups.ts'
import { eventNames, eventText } from '../src/accounts/audit/event-words.ts'
import { withAdmin } from './support/admins.ts'
import { withEvents } from './support/audit-log.ts'
import { withInvites } from './support/invites.ts'
import { addPerson, source } from './support/people.ts'
import type { Visitor } from './support/visitor.ts'

const what = ({ document }: Visitor) =>
  [...document.querySelectorAll('tbody strong')].map((cell) => cell.textContent)

describe('the audit log', () => {
  test('says what happened, to whom, by whom, from where and when in UTC, newest first', async () => {
    const { mira, db } = await withEvents()
    await mira.visit('/admin')
    await mira.click('Audit log')
    expect(mira.headline).toBe('Audit log')
    expect(what(mira)).toEqual([
      'Two-step sign-in and passkeys removed',
      'Account suspended. Reason: “spam”',
      'Signed in',
      'Sign-in failed',
      'Account created',
    ])
    const [first, second] = [...mira.document.querySelectorAll('tbody tr')].map((row) =>
      [...row.querySelectorAll('td')].map((cell) => cell.textContent?.replace(/\s+/g, ' ').trim()),
    )
    expect(first).toEqual([
      'Two-step sign-in and passkeys removedAccount: ana.silva',
      ...['root, on the command line', 'This server'],
      expect.stringMatching(/^\d+ \w{3,4} \d{4}, \d\d:\d\d:\d\d$/),
    ])
    expect(second?.slice(1, 3)).toEqual(['mira.okafor', '192.0.2.1'])
    expect(await db.auditEvent.count({ where: { event: 'audit.viewed' } })).toBe(1)
  })

  test.each([
    [
      'user.suspended',
      { until: '2026-12-24T00:00:00.000Z', reason: 'spam' },
      ': until 2026-12-24. Reason: “spam”',
    ],
    ['user.role-changed', { from: 'member', to: 'support' }, ': from member to support'],
    ['user.made', { role: 'support' }, ': as support'],
    ['user.made', { role: 'member' }, ''],
    ['job.started', { job: 'x', action: 'end-sessions' }, ': end sessions'],
    ['job.finished', { job: 'x', done: '12', refused: '1' }, ': 12 done, 1 not done'],
    ['people.exported', { file: 'users.csv?status=suspended&q=*' }, ': users.csv?status=suspended&q=*'],
    ['people.export-ended', { people: '1', whole: 'yes' }, ': 1 person'],
    ['people.export-ended', { people: '500', whole: 'no' }, ': 500 people, broken off'],
  ] as const)('says the particulars of %s: %j', async (event, detail, told) => {
    const { mira, db } = await withAdmin()
    await record(db, event, { actor: 'foyer', source, detail })
    await mira.visit(`/admin/audit?action=${event}`)
    expect(what(mira)).toEqual([`${eventText(event)}${told}`])
  })

  test('is there as JSON', async () => {
    const { mira, ana, admin } = await withEvents()
    const { events } = (await mira.json('GET', '/admin/audit?action=user.suspended')).json()
    expect(events).toEqual([
      {
        ...{ id: expect.any(String), at: expect.any(String), event: 'user.suspended', kind: 'bad' },
        ...{ text: 'Account suspended. Reason: “spam”', via: 'html', ip: '192.0.2.1' },
        ...{ userAgent: source.userAgent, requestId: source.requestId, detail: { reason: 'spam' } },
        ...{ by: { id: admin.id, name: 'mira.okafor' }, about: { id: ana.id, name: 'ana.silva' } },
        ...{ invitation: null, job: null },
      },
    ])
  })

  test('names whom an invitation is for, as long as that is kept, and leads to it', async () => {
    const { invite, makeLink, mira, db, rows } = await withInvites()
    await invite('lea@example.fr')
    await makeLink('3')
    await mira.visit('/admin/audit?action=invitation.made')
    const [link, mailed] = rows()
    expect(link).toContain('Invitation: link to hand over')
    expect(mailed).toContain('Invitation: lea@example.fr')
    await mira.click('lea@example.fr')
    expect(rows()).toEqual([expect.stringMatching(/^lea@example\.fr ?Member Waiting/)])
    const { events } = (await mira.json('GET', '/admin/audit?action=invitation.made')).json()
    expect(events[1].invitation).toEqual({ id: expect.any(String), address: 'lea@example.fr' })
    // The trail itself has no address.
    await db.invitation.deleteMany()
    await mira.visit('/admin/audit?action=invitation.made')
    expect(mira.text()).not.toMatch(/lea@|Invitation:/)
    await mira.visit(`/admin/invites?id=${events[1].invitation.id}`)
    expect(mira.answer.statusCode).toBe(404)
  })

  test.each([
    ['a username', 'ANA.silva'],
    ['an address', 'ana@example.org'],
    ['a network address', '192.0.2.1'],
  ])('is searched by %s', async (_what, who) => {
    const { mira } = await withEvents()
    await mira.visit('/admin/audit')
    await mira.fill({ 'Who or what': who }).press('Search')
    expect(what(mira)).toEqual(expect.arrayContaining(['Account suspended. Reason: “spam”', 'Signed in']))
    if (who.includes('n')) expect(what(mira)).not.toContain('Account created')
    await mira.fill({ Action: 'administration' }).press('Search')
    expect(what(mira)).toContain('Account suspended. Reason: “spam”')
    expect(what(mira)).not.toContain('Signed in')
  })

  test('is narrowed to who did it, and to whose account it was', async () => {
    const { mira, db, ana, admin } = await withEvents()
    const { user: ben } = await addPerson(db, 'ben.okri')
    await record(db, 'user.suspended', { actor: admin.id, subjectId: ben.id, source })
    await record(db, 'user.restored', { actor: ana.id, subjectId: admin.id, source })
    const suspended = ['Account suspended', 'Account suspended. Reason: “spam”']
    const search = async (typed: Record<string, string>) => {
      await mira.visit('/admin/audit?action=administration')
      await mira.fill(typed).press('Search')
      return what(mira)
        .filter((text) => text !== 'Audit log looked at')
        .sort()
    }
    expect(await search({ 'Done by': 'mira.okafor' })).toEqual(suspended)
    expect(await search({ Account: 'mira.okafor' })).toEqual(['Suspension lifted'])
    expect(await search({ 'Done by': 'Mira.Okafor', Account: 'ana.silva' })).toEqual([suspended[1]])
    expect(await search({ 'Done by': 'cli:root', Account: 'ana.silva' })).toHaveLength(1)
    expect(await search({ 'Who or what': 'ana.silva', 'Done by': 'mira.okafor' })).toEqual([suspended[1]])
    expect(await search({ 'Done by': 'ana.silva', Account: 'ben.okri' })).toEqual([])
    await mira.visit('/admin/audit?by=mira.okafor&about=ana.silva')
    await mira.click('Download CSV')
    expect(mira.answer.body.trim().split('\r\n')).toHaveLength(2)
    const { detail } = await db.auditEvent.findFirstOrThrow({ where: { event: 'audit.downloaded' } })
    expect(detail).toEqual({ file: 'audit.csv?by=*&about=*' })
  })

  test('leads from a row to all that they did and that was done to them', async () => {
    const { mira } = await withEvents()
    await mira.visit('/admin/audit?action=user.suspended')
    const link = mira.document.querySelector('td[data-label=By] a')
    expect(link?.textContent).toBe('mira.okafor')
    await mira.visit(link?.getAttribute('href') ?? '')
    expect(what(mira)).toEqual([
      'Audit log looked at',
      'Account suspended. Reason: “spam”',
      'Account created',
    ])
    await mira.visit('/admin/audit?who=cli%3Aroot')
    expect(what(mira)).toEqual(['Two-step sign-in and passkeys removed'])
  })

  test('is narrowed to days, in UTC, the last of them too', async () => {
    const { mira, db } = await withEvents()
    const { at } = await db.auditEvent.findFirstOrThrow({ where: { event: 'session.started' } })
    const that = at.toISOString().slice(0, 10)
    const [year, month, day] = that.split('-')
    for (const written of [that, `${day}/${month}/${year}`]) {
      await mira.visit(`/admin/audit?from=${written}&to=${written}`)
      expect(what(mira)).toContain('Signed in')
    }
    await mira.visit(`/admin/audit?to=2020-01-31`)
    expect(what(mira)).toEqual([])
    expect(mira.text()).toContain('Check the spelling, or choose a longer time.')
    await mira.click('Show everything')
    expect(what(mira)).toContain('Signed in')
  })

  test.each([
    ['from=31/04/2026', 'From', 'Use a date like 22/11/2026'],
    ['to=yesterday', 'To', 'Use a date like 22/11/2026'],
    ['from=2026-11-23&to=2026-11-22', 'From', 'Choose a “From” date before the “To” date'],
  ])('says what is wrong with ?%s', async (query, field, problem) => {
    const { mira } = await withAdmin()
    await mira.visit(`/admin/audit?who=ana.silva&${query}`)
    expect(mira.answer.statusCode).toBe(422)
    expect(mira.errorAt(field)).toBe(problem)
    expect(mira.field('Who or what').getAttribute('value')).toBe('ana.silva')
    expect(mira.text('main')).not.toMatch(/Nothing recorded|Download CSV/)
    expect((await mira.json('GET', `/admin/audit?${query}`)).json()).toMatchObject({ status: 'error' })
    await mira.visit(`/admin/audit.csv?${query}`)
    expect(mira.answer.statusCode).toBe(400)
  })

  test.each(['action=nothing', 'after=x', "before='", 'who=a&who=b'])('refuses ?%s', async (query) => {
    const { mira } = await withAdmin()
    await mira.visit(`/admin/audit?${query}`)
    expect(mira.answer.statusCode).toBe(400)
  })

  test('says for whom nothing is recorded', async () => {
    const { mira } = await withAdmin()
    await mira.visit('/admin/audit?who=nobody.here')
    expect(mira.text()).toContain('Nothing recorded for “nobody.here”')
  })

  test('is on record as looked at once an hour, and so is an account', async () => {
    const { mira, db, ana, admin } = await withEvents()
    for (const path of ['/admin/audit', '/admin/audit', `/admin/users/${ana.id}`, `/admin/users/${ana.id}`])
      await mira.visit(path)
    await mira.visit(`/admin/users/${admin.id}`)
    const viewed = await db.auditEvent.findMany({
      where: { event: { endsWith: '.viewed' } },
      select: { event: true, actor: true, subjectId: true },
      orderBy: { id: 'asc' },
    })
    expect(viewed).toEqual([
      { event: 'audit.viewed', actor: admin.id, subjectId: null },
      { event: 'user.viewed', actor: admin.id, subjectId: ana.id },
    ])
  })

  test('shows rows of events that this program does not know', async () => {
    const { mira, db } = await withAdmin()
    await db.auditEvent.create({ data: { event: 'moon.landed', actor: 'visitor', via: 'html' } })
    await mira.visit('/admin/audit')
    expect(what(mira)[0]).toBe('moon.landed')
  })

  test('puts every event under one heading', () => {
    const groups = Object.keys(eventGroups) as (keyof typeof eventGroups)[]
    expect(groups.flatMap(eventsOf).sort()).toEqual([...eventNames].sort())
    expect(eventsOf('signing-in')).toContain('login.failed')
    expect(eventsOf('account')).toContain('password.changed')
  })
})
