import { afterEach, describe, expect, test, vi } from 'vitest'
import { deliver } from '../src/mail/delivery.ts'
import { PRIORITIES } from '../src/mail/outbox.ts'
import { days, fromNow, minutes } from '../src/time.ts'
import { dump } from './support/dump.ts'
import { withInvites } from './support/invites.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson } from './support/people.ts'
import { purge } from './support/purge.ts'

afterEach(() => void vi.useRealTimers())

describe('an administrator invites', () => {
  test('somebody, who gets a mail with a link of their own', async () => {
    const { app, db, invite, mira, rows } = await withInvites()
    await mira.visit('/admin/invites')
    expect(mira.text('.empty h2')).toBe('No invitations yet')
    await invite('Lea@Example.FR')
    expect(mira.path).toBe('/admin/invites')
    expect(mira.text('[role=status]')).toBe('Invitation sent to Lea@example.fr.')
    expect(rows()).toEqual([
      expect.stringMatching(/^Lea@example\.fr ?Member Waiting Until .*Send again.*Cancel/),
    ])
    const [mail] = await mailOf(app)
    expect(mail).toMatchObject({ to: 'Lea@example.fr' })
    expect(await db.mail.count({ where: { kind: 'invitation', priority: PRIORITIES.notice } })).toBe(1)
    expect(mail?.subject.replaceAll('\u2060', '')).toBe('mira.okafor invited you to Foyer')
    expect(mail?.text).toMatch(/localhost:3000\/register\?invite=[\w-]{43}\n/)
    expect(mail?.text).toContain('for 7 days')
    expect(await db.invitation.findMany()).toMatchObject([
      { address: 'Lea@example.fr', addressKey: 'lea@example.fr', role: 'member', usesLeft: 1 },
    ])
  })

  test('and finds an invitation by its address', async () => {
    const { invite, mira, rows } = await withInvites()
    await invite('lea@example.fr, tom@example.org')
    await mira.fill({ 'Invited address': ' Lea@Example.fr ' }).press('Search')
    expect(rows()).toEqual([expect.stringMatching(/^lea@example\.fr/)])
    const { invitations } = (await mira.json('GET', '/admin/invites?address=tom@example.org')).json()
    expect(invitations).toMatchObject([{ address: 'tom@example.org' }])
    await mira.fill({ 'Invited address': 'tim@example.org' }).press('Search')
    expect(mira.text('.empty')).toContain('No invitation for “tim@example.org”')
    await mira.click('Show all')
    expect(rows()).toHaveLength(2)
    expect((await mira.request('GET', '/admin/invites?address=%00')).statusCode).toBe(400)
    // The page that offers the form reads its address as any other.
    expect((await mira.request('GET', '/admin/invites/new?id=x&id=y&after=z')).statusCode).toBe(200)
  })

  test('many at once, each once, as what is chosen', async () => {
    const { app, db, invite, mira } = await withInvites()
    const support = { 'They join as': 'support', 'The link works for': '1' }
    await invite('a@example.org\r\nBen <b@example.org>,"O, B;" <b@example.org>\n A@example.org \n\n', support)
    expect(mira.text('[role=status]')).toBe('2 invitations sent.')
    expect(await db.invitation.count({ where: { role: 'support' } })).toBe(2)
    expect(await db.mail.count({ where: { priority: PRIORITIES.many } })).toBe(2)
    const mails = await mailOf(app)
    expect(mails.map(({ to }) => to).sort()).toEqual(['A@example.org', 'b@example.org'])
    expect(mails[0]?.text).toContain('for 24 hours')
    expect(new Set(mails.map(({ text }) => /invite=(\S+)/.exec(text)?.[1])).size).toBe(2)
  })

  test.each([
    ['none', '', 'Enter at least one email address'],
    ['broken ones', 'a@example.org\nb example.org\nc@x', 'Check this address: “b example.org”, “c@x”'],
    ['too many', 'a@example.org\n'.repeat(101), 'Send up to 100 at a time. You entered 101'],
    ['one that is known', 'new@example.org\nANA@example.org', 'ANA@example.org already has an account'],
    [
      'several that are wrong in their own ways',
      'b example.org, bob@spam.example, ana@example.org',
      'Check this address: “b example.org”. Accounts here can’t have this address: bob@spam.example. ana@example.org already has an account',
    ],
    ['one that may not be', 'bob@spam.example', 'Accounts here can’t have this address: bob@spam.example'],
  ])('nobody where something is wrong, and nothing typed is lost: %s', async (_, emails, problem) => {
    const { db, invite, mira } = await withInvites({ BLOCKED_EMAIL_DOMAINS: 'spam.example' })
    await invite(emails, { 'They join as': 'admin', 'The link works for': '30' })
    expect(mira.answer.statusCode).toBe(422)
    expect(mira.errorAt('Email addresses')).toBe(problem)
    expect(mira.field('Email addresses').textContent?.replace(/^\n/, '')).toBe(emails)
    const chosen = [...mira.document.querySelectorAll('option[selected]')].map((one) =>
      one.getAttribute('value'),
    )
    expect(chosen).toEqual(['admin', '30'])
    expect(await db.invitation.count()).toBe(0)
    expect(await db.mail.count({ where: { kind: 'invitation' } })).toBe(0)
  })

  test('only as a role there is, for a time there is', async () => {
    const { mira, db } = await withInvites()
    const body = { emails: 'a@example.org', role: 'owner', days: '365' }
    const answer = await mira.json('POST', '/admin/invites', body)
    expect(answer.json()).toMatchObject({ codes: { role: 'role.unknown', days: 'invite.days' } })
    const link = await mira.json('POST', '/admin/invites/link', { uses: '1001', days: '7' })
    expect(link.json()).toMatchObject({ codes: { uses: 'invite.uses' } })
    expect(await db.invitation.count()).toBe(0)
  })

  test('the same address again: the new invitation takes the place of the old one', async () => {
    const { invite, mailedLink, mira, rows, visitor, db } = await withInvites()
    await invite('lea@example.fr')
    const first = await mailedLink()
    await invite('LEA@example.fr', { 'They join as': 'admin' })
    expect(rows()).toEqual([expect.stringContaining('Waiting'), expect.stringContaining('Cancelled')])
    const lea = visitor()
    await lea.visit(first)
    expect(lea.answer.statusCode).toBe(410)
    expect(await db.auditEvent.count({ where: { event: 'invitation.cancelled' } })).toBe(1)
    expect(mira.path).toBe('/admin/invites')
  })

  test('nobody while sign-up is closed', async () => {
    const { mira, db } = await withInvites({ SIGN_UP: 'closed' })
    await mira.visit('/admin/invites')
    expect(mira.text('[aria-labelledby=new]')).toContain('Who may sign up is one of the settings.')
    const body = { emails: 'a@example.org', role: 'member', days: '7' }
    expect((await mira.json('POST', '/admin/invites', body)).statusCode).toBe(409)
    expect((await mira.json('POST', '/admin/invites/link', { uses: '1', days: '7' })).statusCode).toBe(409)
    expect(await db.invitation.count()).toBe(0)
  })

  test('by a link alone where there is no mail', async () => {
    const { mira, makeLink } = await withInvites({ EMAIL: 'off' })
    await mira.visit('/admin/invites')
    expect(() => mira.field('Email addresses')).toThrow()
    const body = { emails: 'a@example.org', role: 'member', days: '7' }
    expect((await mira.json('POST', '/admin/invites', body)).statusCode).toBe(409)
    expect(await makeLink('3')).toMatch(/^\/register\?invite=[\w-]{43}$/)
  })

  test('by a form that makes one link, however often it is sent', async () => {
    const { db, mira } = await withInvites()
    await mira.visit('/admin/invites/link')
    const id = mira.document.querySelector('input[name=id]')?.getAttribute('value') ?? ''
    await mira.fill({ 'How many people may use it': 'many' }).press('Make the link')
    expect(mira.errorAt('How many people may use it')).toBe('Enter a whole number from 1 to 1000')
    const send = () => mira.request('POST', '/admin/invites/link', { id, uses: '2', days: '7' })
    const answers = [await send(), await send()]
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 409])
    expect(mira.headline).toBe('That link was made already')
    await mira.click('Look at the invitations')
    expect(mira.text('tbody')).toContain('0 joined, 2 left · made ')
    expect(await db.invitation.findMany()).toMatchObject([{ id, usesLeft: 2 }])
    expect(await db.token.count({ where: { purpose: 'invite' } })).toBe(1)
  })

  test('is asked who they are before they have typed anything', async () => {
    const { mira, db } = await withInvites()
    await db.session.updateMany({ data: { provenAt: fromNow(-minutes(11)) } })
    await mira.visit('/admin/invites')
    expect(() => mira.field('Email addresses')).toThrow()
    await mira.click('Invite people by email')
    expect(mira.path).toMatch(/^\/account\/confirm/)
    await mira.fill({ 'Your password': 'correct-horse-battery' }).press('Continue')
    expect(mira.path).toBe('/admin/invites/new')
    expect(mira.field('Email addresses').id).toBe('emails')
  })

  test('and no secret is kept: neither in the outbox, nor in the tables', async () => {
    const { config, db, invite, mailedLink, makeLink } = await withInvites()
    await invite('lea@example.fr')
    const tokens = [await mailedLink(), await makeLink('2')].map((path) => path.replace(/.*=/, ''))
    const all = (await dump(db, config.databaseUrl)).join('\n')
    expect(all).toContain('lea@example.fr')
    for (const token of tokens) {
      expect(token).toMatch(/^[\w-]{43}$/)
      expect(all).not.toContain(token)
      expect(all).not.toContain(Buffer.from(token, 'base64url').toString('hex'))
    }
  })
})

describe('an invitation', () => {
  test('that bounced says why, and is sent again with a new link', async () => {
    const { app, db, invite, mailedLink, mira, rows } = await withInvites()
    await invite('hal@example.com')
    const refuse = async () => {
      throw Object.assign(new Error('No such mailbox'), { responseCode: 550, command: 'RCPT TO' })
    }
    await Promise.all(await deliver(app, refuse))
    await mira.visit('/admin/invites')
    expect(rows()[0]).toMatch(/Bounced No such mailbox Send again/)
    await mira.press('Send again to hal@example.com')
    expect(mira.text('[role=status]')).toBe('Invitation sent to hal@example.com.')
    expect(rows()[0]).toContain('Waiting')
    expect(await mailedLink()).toMatch(/invite=/)
    expect(await db.auditEvent.count({ where: { event: 'invitation.sent-again' } })).toBe(1)
  })

  test('that has expired opens nothing, until it is sent again', async () => {
    const { invite, mailedLink, mira, rows, visitor, db } = await withInvites()
    await invite('ben@example.org', { 'The link works for': '1' })
    const old = await mailedLink()
    await db.invitation.updateMany({ data: { expiresAt: fromNow(-1) } })
    await mira.visit('/admin/invites')
    expect(rows()[0]).toContain('Expired')
    const ben = visitor()
    await ben.visit(old)
    expect(ben.headline).toBe('This link has expired')
    await mira.press('Send again to ben@example.org')
    const { expiresAt } = await db.invitation.findFirstOrThrow()
    expect(Math.abs(expiresAt.getTime() - fromNow(days(7)).getTime())).toBeLessThan(minutes(1))
    await ben.visit(await mailedLink())
    expect(ben.headline).toBe('Create your account')
  })

  test('that is cancelled opens nothing any more, and a mail on its way is not sent', async () => {
    const { app, invite, makeLink, mira, rows, visitor } = await withInvites()
    await invite('lea@example.fr')
    await mira.press('Cancel invitation to lea@example.fr')
    expect(mira.text('[role=status]')).toBe('Invitation cancelled.')
    expect(rows()[0]).toMatch(/Cancelled$/)
    expect(await mailOf(app)).toEqual([])

    const link = await makeLink('5')
    const ana = visitor()
    await ana.visit(link)
    expect(ana.headline).toBe('Create your account')
    await mira.visit('/admin/invites')
    await mira.press('Cancel invitation by link')
    await ana.fill({ Username: 'ana.new', Password: 'correct-horse-battery' }).press('Create account')
    expect(ana.answer.statusCode).toBe(410)
  })

  test('is cancelled once, and not after it was used: two administrators at once', async () => {
    const { db, invite, mira } = await withInvites()
    await invite('lea@example.fr')
    const { id } = await db.invitation.findFirstOrThrow()
    const cancel = () => mira.json('POST', `/admin/invites/${id}/cancel`, {})
    const answers = await Promise.all([cancel(), cancel(), cancel()])
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409, 409])
    expect((await mira.json('POST', `/admin/invites/${id}/send-again`, {})).statusCode).toBe(409)
    await db.invitation.updateMany({ data: { cancelledAt: null, usesLeft: 0 } })
    expect((await cancel()).statusCode).toBe(409)
    expect((await mira.json('POST', `/admin/invites/${id}/send-again`, {})).statusCode).toBe(409)
  })

  test('is asked about where its address is opened', async () => {
    const { db, invite, mira } = await withInvites()
    await invite('lea@example.fr')
    const { id } = await db.invitation.findFirstOrThrow()
    await mira.visit(`/admin/invites/${id}/send-again`)
    await mira.press('Send it again')
    expect(mira.text('[role=status]')).toBe('Invitation sent to lea@example.fr.')
    expect(await db.mail.count({ where: { kind: 'invitation' } })).toBe(1)
    await mira.visit(`/admin/invites/${id}/cancel`)
    await mira.press('Cancel the invitation')
    expect(mira.text('[role=status]')).toBe('Invitation cancelled.')
    await mira.visit('/admin/invites/01890000-0000-7000-8000-000000000000/cancel')
    expect(mira.answer.statusCode).toBe(404)
  })

  test('goes 30 days after it has expired, and who joined by it stays', async () => {
    const { db, mira } = await withInvites()
    const createdBy = mira.path
    const add = (expiresAt: Date) =>
      db.invitation.create({ data: { role: 'member', usesLeft: 1, createdBy, expiresAt } })
    const kept = await add(fromNow(-days(30) + minutes(1)))
    const gone = await add(fromNow(-days(30) - minutes(1)))
    const { user } = await addPerson(db, 'lea')
    await db.user.update({ where: { id: user.id }, data: { invitationId: gone.id } })
    await purge(db)
    expect((await db.invitation.findMany()).map(({ id }) => id)).toEqual([kept.id])
    expect(await db.user.findUnique({ where: { id: user.id } })).toMatchObject({ invitationId: null })
  })
})

describe('the list of invitations', () => {
  test('is newest first, 50 to a page, and there as JSON', async () => {
    const { db, mira, rows } = await withInvites()
    const data = Array.from({ length: 60 }, (_, i) => ({
      id: `01890000-0000-7000-8000-${String(i).padStart(12, '0')}`,
      ...{ address: `p${i}@example.org`, addressKey: `p${i}@example.org`, role: 'member' as const },
      ...{ usesLeft: 1, createdBy: 'mira', expiresAt: fromNow(days(1)) },
    }))
    await db.invitation.createMany({ data })
    await mira.visit('/admin/invites')
    expect(rows()).toHaveLength(50)
    expect(rows()[0]).toContain('p59@example.org')
    await mira.click('Older')
    expect(rows()).toHaveLength(10)
    const answer = await mira.json('GET', '/admin/invites')
    expect(answer.json().invitations[0]).toEqual({
      ...{ id: data[59]?.id, address: 'p59@example.org', role: 'member', state: 'waiting', usesLeft: 1 },
      ...{ joined: 0, lastJoined: null, problem: null },
      ...{ createdAt: expect.any(String), expiresAt: expect.any(String) },
    })
  })

  test('is not for support', async () => {
    const { db, visitor } = await withInvites()
    await addPerson(db, 'sue.support', { role: 'support' })
    const sue = visitor()
    await sue.logIn('sue.support')
    await sue.visit('/admin')
    expect(sue.text('nav')).not.toContain('Invites')
    await sue.visit('/admin/invites')
    expect(sue.answer.statusCode).toBe(403)
  })
})
