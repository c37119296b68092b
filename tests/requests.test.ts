import { afterEach, describe, expect, test, vi } from 'vitest'
import { days, fromNow, minutes, now } from '../src/time.ts'
import { dump } from './support/dump.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson } from './support/people.ts'
import { purge } from './support/purge.ts'
import { addWaiting, withApproval } from './support/requests-waiting.ts'

afterEach(() => void vi.useRealTimers())

const NAME = 'quetzalqwert'

describe('the requests', () => {
  test('are listed oldest first, a page at a time, there and back, with a number in the bar', async () => {
    const { db, mira } = await withApproval()
    await mira.visit('/admin')
    expect(mira.text('.tabs')).toContain('Requests Invites Mail')
    const names = Array.from(
      { length: 52 },
      (_, i) => `person.${String.fromCharCode(97 + (i % 26))}${i + 100}`,
    )
    for (const name of names) await addWaiting(db, name, { ip: '2001:db8::1' })
    await mira.visit('/admin')
    await mira.click('Requests (52)')
    const shown = () => [...mira.document.querySelectorAll('.first a')].map((a) => a.textContent)
    expect(shown()).toEqual(names.slice(0, 50))
    await mira.click('Newer')
    expect(shown()).toEqual(names.slice(50))
    await mira.click('Older')
    expect(shown()).toEqual(names.slice(0, 50))
    expect(mira.text('.pager')).toBe('50 shown Newer')
    await mira.click(names[0] ?? '')
    expect(mira.text('h1 + .line .badge')).toBe('Waiting')
    expect(mira.text()).toMatch(/\d\d:\d\d, from 2001:db8::1/)
  })

  test('are there as JSON, without what only the page needs', async () => {
    const { db, mira } = await withApproval()
    const ana = await addWaiting(db, 'ana.silva', { email: 'ana@example.org' })
    const answer = (await mira.json('GET', '/admin/requests')).json()
    expect(answer).toEqual({
      status: 'success',
      requests: [
        {
          person: expect.objectContaining({ id: ana.id, username: 'ana.silva', emailProven: true }),
          askedAt: expect.any(String),
          ip: '203.0.113.7',
          hints: [],
        },
      ],
    })
    const approved = await mira.json('POST', '/admin/requests', { id: [ana.id], do: 'approve' })
    expect(approved.json()).toEqual({ status: 'success', done: 1, of: 1 })
  })

  test('have a tab where sign-up is open too, as long as some wait; support has none', async () => {
    const { db, mira, app, visitor } = await withApproval()
    app.config.signUp = 'open'
    await mira.visit('/admin')
    expect(mira.text('.tabs')).not.toContain('Requests')
    await mira.visit('/admin/requests')
    expect(mira.text('.empty')).toContain('only where administrators decide on them')
    const { id } = await addWaiting(db, 'ana.silva')
    await mira.visit(`/admin/users/${id}`)
    expect(mira.text('.tabs')).toContain('Requests (1)')
    await mira.click('Look at the requests')
    expect(mira.headline).toBe('Requests')
    const sue = visitor()
    sue.cookies.set('foyer-session', (await addPerson(db, 'sue.support', { role: 'support' })).token)
    await sue.visit('/admin')
    expect(sue.text('.tabs')).not.toContain('Requests')
  })

  test('show whom an administrator has closed without deciding, and offer nothing', async () => {
    const { db, mira } = await withApproval()
    const { id } = await addWaiting(db, 'ana.silva')
    await mira.request('POST', `/admin/users/${id}/delete`, { reason: '' })
    await mira.visit('/admin/requests')
    expect(mira.text('tbody')).toContain('Closing')
    expect(mira.document.querySelectorAll('tbody input')).toHaveLength(0)
    expect((await mira.request('POST', '/admin/requests', { id, do: 'approve' })).statusCode).toBe(409)
    await mira.request('POST', `/admin/users/${id}/restore`, { reason: '' })
    await mira.visit('/admin/requests')
    await mira.tick('Select ana.silva').press('Approve')
    expect(mira.text('[role=status]')).toBe('ana.silva can sign in now.')
  })

  test('ask for at least one, and keep the list', async () => {
    const { db, mira } = await withApproval()
    await addWaiting(db, 'ana.silva')
    await mira.visit('/admin/requests')
    await mira.press('Approve')
    expect(mira.answer.statusCode).toBe(422)
    expect(mira.text('#problem')).toContain('Select at least one person first')
    expect(mira.text('table')).toContain('ana.silva')
    await mira.press('Turn away')
    expect(mira.answer.statusCode).toBe(422)
    expect(await db.signUpRequest.count()).toBe(1)
  })
})

describe('approved', () => {
  test('are several at once: all can sign in, each is told and on record', async () => {
    const { app, db, mira } = await withApproval()
    for (const name of ['ana.silva', 'kwame', 'noor.h'])
      await addWaiting(db, name, { email: `${name}@example.org` })
    await mira.visit('/admin/requests')
    await mira.tick('Select ana.silva', 'Select noor.h').press('Approve')
    expect(mira.text('[role=status]')).toBe('2 people can sign in now.')
    expect(await db.user.findMany({ where: { status: 'pending' } })).toMatchObject([{ username: 'kwame' }])
    expect(await db.auditEvent.findMany({ where: { event: 'request.approved' } })).toMatchObject([
      { actor: mira.id, ip: '192.0.2.1' },
      { actor: mira.id },
    ])
    const told = (await mailOf(app)).filter(({ subject }) => subject === 'You can sign in now')
    expect(told.map(({ to }) => to).sort()).toEqual(['ana.silva@example.org', 'noor.h@example.org'])
    expect(told[0]?.text).not.toContain('192.0.2.1')
  })
})

describe('turned away', () => {
  test('are asked about first, with a reason for the mail; the account and all that told of it go', async () => {
    const { app, db, config, mira, visitor } = await withApproval()
    await visitor({ ip: '198.51.100.77' }).signUp(NAME, { email: `${NAME}@mail.example.org` })
    await visitor({ ip: '198.51.100.77' }).logIn(NAME)
    const { id } = await db.user.findUniqueOrThrow({ where: { username: NAME } })
    await mailOf(app)
    await mira.visit('/admin/requests')
    await mira.tick(`Select ${NAME}`).press('Turn away')
    expect(mira.headline).toBe(`Turn ${NAME} away?`)
    expect(mira.text('.lead')).toMatch(/^The account is removed at once, and the name is free again\./)
    await mira.fill({ 'Reason (optional)': 'w'.repeat(201) }).press(`Turn ${NAME} away`)
    expect(mira.errorAt('Reason (optional)')).toBe('Make it 200 characters or fewer')
    await mira.fill({ 'Reason (optional)': 'Only for our members' }).press(`Turn ${NAME} away`)
    expect(mira.text('[role=status]')).toBe(`${NAME} is turned away.`)

    const [mail, ...more] = await mailOf(app)
    expect([mail?.to, mail?.subject, more.length]).toEqual([
      ...[`${NAME}@mail.example.org`, 'Your sign-up was not approved', 0],
    ])
    expect(mail?.text).toContain('The reason: “Only for our members”')
    expect(mail?.text).not.toContain('192.0.2.1')

    const left = await dump(db, config.databaseUrl)
    for (const trace of [NAME, id]) expect(left.join('\n')).not.toContain(trace)
    // The tries of a network are its own, and run out within the hour.
    const personal = left.filter((line) => !line.startsWith('Throttle.'))
    expect(personal.join('\n')).not.toContain('198.51.100')
    const events = await db.auditEvent.findMany({ where: { event: { startsWith: 'request.' } } })
    expect(events).toMatchObject([
      {
        event: 'request.rejected',
        actor: mira.id,
        subjectId: expect.stringMatching(/^erased:/),
        detail: { reason: 'Only for our members' },
      },
    ])

    const again = visitor()
    await again.signUp(NAME)
    expect(again.path).toBe('/register/awaiting-approval')
  })

  test('are several at once, without a reason', async () => {
    const { db, mira } = await withApproval()
    for (const name of ['ana.silva', 'kwame', 'noor.h']) await addWaiting(db, name)
    await mira.visit('/admin/requests')
    await mira.tick('Select ana.silva', 'Select noor.h').press('Turn away')
    await mira.press('Turn 2 people away')
    expect(mira.text('[role=status]')).toBe('2 people are turned away.')
    expect(await db.user.findMany({ where: { role: 'member' } })).toMatchObject([{ username: 'kwame' }])
  })

  test('is nobody who is a member already', async () => {
    const { db, mira } = await withApproval()
    const { user } = await addPerson(db, 'ana.silva')
    const pia = await addPerson(db, 'pia.pending', { status: 'pending' })
    for (const { id } of [user, pia.user])
      for (const [path, decision] of [
        ['/admin/requests', { do: 'approve' }],
        ['/admin/requests/reject', { reason: '' }],
      ] as const)
        expect((await mira.request('POST', path, { id, ...decision })).statusCode).toBe(409)
    const members = await db.user.findMany({ where: { role: 'member' }, select: { status: true } })
    expect(members.map(({ status }) => status).sort()).toEqual(['active', 'pending'])
    await mira.visit(`/admin/requests/reject?id=${user.id}`)
    expect(mira.headline).toBe('Nobody to be turned away')
  })

  test('is nobody if it cannot be written down', async () => {
    const { db, mira } = await withApproval()
    const { id } = await addWaiting(db, 'ana.silva', { email: 'ana@example.org' })
    const mails = await db.mail.count()
    await db.$executeRawUnsafe('ALTER TABLE "AuditEvent" RENAME TO "Elsewhere"')
    expect((await mira.request('POST', '/admin/requests/reject', { id, reason: '' })).statusCode).toBe(500)
    expect([await db.signUpRequest.count(), await db.mail.count()]).toEqual([1, mails])
  })

  test('leaves its mail three days at most where nothing sends it', async () => {
    const { db, mira } = await withApproval()
    const { id } = await addWaiting(db, 'ana.silva', { email: 'ana@example.org' })
    await mira.request('POST', '/admin/requests/reject', { id, reason: '' })
    expect(await db.mail.count({ where: { kind: 'request-rejected' } })).toBe(1)
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(fromNow(days(3.1)))
    await purge(db)
    expect(await db.mail.count({ where: { kind: 'request-rejected' } })).toBe(0)
  })
})

describe('an administrator', () => {
  test('is told at once that somebody waits, and of all who come then once an hour', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db, mira } = await withApproval()
    const start = now()
    const told = async (at: number) => {
      vi.setSystemTime(start + at)
      return (await mailOf(app))
        .map(({ to, text }) => `${to} ${/\d+ (person|people)/.exec(text)?.[0]}`)
        .sort()
    }
    await addWaiting(db, 'ana.silva')
    expect(await told(0)).toEqual(['mira@example.org 1 person', 'tom@example.org 1 person'])
    for (let i = 0; i < 5; i++) await addWaiting(db, `person-${i}x${i}`)
    expect(await told(minutes(59))).toEqual([])
    expect(await told(minutes(60.1))).toEqual(['mira@example.org 6 people', 'tom@example.org 6 people'])
    expect(await told(minutes(180))).toEqual([])

    await addWaiting(db, 'kwame')
    await db.user.update({ where: { id: mira.id }, data: { role: 'member' } })
    expect(await told(minutes(180))).toEqual(['tom@example.org 7 people'])
    await addWaiting(db, 'noor.h')
    await db.signUpRequest.deleteMany()
    expect(await told(minutes(300))).toEqual([])
  })
})
