import { describe, expect, test } from 'vitest'
import { record } from '../src/accounts/audit.ts'
import { eventGroups, eventsOf } from '../src/accounts/event-groups.ts'
import { eventNames } from '../src/accounts/event-words.ts'
import { withAdmin } from './support/admins.ts'
import { withInvites } from './support/invites.ts'
import { addPerson, source } from './support/people.ts'
import type { Visitor } from './support/visitor.ts'

const what = ({ document }: Visitor) =>
  [...document.querySelectorAll('tbody strong')].map((cell) => cell.textContent)

/** An administrator, a member, and what happened to them. */
async function withEvents() {
  const services = await withAdmin()
  const { db, person } = services
  const { user: ana } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  const mira = await person('mira.okafor')
  const about = { subjectId: ana.id, source }
  await record(db, 'login.failed', { ...about, actor: 'visitor' })
  await record(db, 'session.started', { ...about, actor: ana.id })
  await record(db, 'user.suspended', { ...about, actor: mira.id, detail: { reason: 'spam' } })
  await record(db, 'two-factor.reset', {
    ...{ ...about, actor: 'cli:root' },
    source: { ...source, ip: 'local', via: 'cli' },
  })
  return { ...services, ana, admin: mira }
}

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

  test('is there as JSON', async () => {
    const { mira, ana, admin } = await withEvents()
    const { events } = (await mira.json('GET', '/admin/audit?action=user.suspended')).json()
    expect(events).toEqual([
      {
        ...{ id: expect.any(String), at: expect.any(String), event: 'user.suspended', kind: 'bad' },
        ...{ text: 'Account suspended. Reason: “spam”', via: 'html', ip: '192.0.2.1' },
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
    const { mira } = await withEvents()
    const today = new Date().toISOString().slice(0, 10)
    const [year, month, day] = today.split('-')
    for (const written of [today, `${day}/${month}/${year}`]) {
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

describe('the audit log as a file', () => {
  test('has what the list shows, without formulas, and is on record', async () => {
    const { mira, db, ana, admin } = await withEvents()
    const row = { actor: '=1+1', subjectId: ana.id, via: 'html', detail: { reason: 'a "quoted", line' } }
    await db.auditEvent.create({ data: { event: 'user.suspended', ...row } })
    await mira.visit('/admin/audit?action=user.suspended')
    await mira.click('Download CSV')
    const { headers, body } = mira.answer
    expect(headers['content-disposition']).toBe('attachment; filename="audit.csv"')
    const [head, first, second, ...rest] = body.split('\r\n')
    expect(head).toContain('at,event,actor,actorName,subject,subjectName')
    expect(first).toContain(`,user.suspended,'=1+1,,${ana.id},ana.silva,html,`)
    expect(first).toContain(`"{""reason"":""a \\""quoted\\"", line""}"`)
    expect(second).toContain(`,user.suspended,${admin.id},mira.okafor,${ana.id},ana.silva,html,192.0.2.1,`)
    expect(rest).toEqual([''])
    expect(await db.auditEvent.findMany({ where: { event: 'audit.downloaded' } })).toMatchObject([
      { actor: admin.id, detail: { file: 'audit.csv?action=user.suspended' } },
    ])
  })

  test('goes on batch by batch to the end', async () => {
    const { mira, db, ana } = await withEvents()
    await db.auditEvent.createMany({
      data: Array.from({ length: 1300 }, (_, n) => ({
        ...{ event: n % 2 ? 'login.failed' : 'session.started', actor: 'visitor', via: 'html' },
        subjectId: n % 3 ? ana.id : null,
      })),
    })
    const ids = async (query: string) => {
      await mira.request('GET', `/admin/audit.csv?${query}`)
      return mira.answer.body
        .trim()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',').at(-1))
    }
    for (const [query, where] of [
      ['', {}],
      ['action=login.failed', { event: 'login.failed' }],
      ['action=signing-in', { event: { in: eventsOf('signing-in') } }],
      ['who=ana.silva&action=login.failed', { event: 'login.failed', subjectId: ana.id }],
    ] as const) {
      const rows = await db.auditEvent.findMany({ where, orderBy: { id: 'desc' }, select: { id: true } })
      const found = await ids(query)
      // That it is downloaded is in the file too.
      expect(found.slice(query ? 0 : 1), query).toEqual(rows.map(({ id }) => id))
    }
  })
})
