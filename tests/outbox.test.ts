import { describe, expect, test } from 'vitest'
import { findByCode, findToken } from '../src/accounts/token.ts'
import { post } from '../src/mail/outbox.ts'
import { codeIn, linkIn, mailOf } from './support/mailbox.ts'
import { row, SMTP, withMail } from './support/mails.ts'
import { source } from './support/people.ts'

describe('one mail', () => {
  test('is shown as it will read, its link still to be made', async () => {
    const { db, mira, ana, path } = await withMail()
    await mira.visit('/admin/mail')
    await mira.click('Set a new password')
    expect(mira.path).toBe(path)
    expect(mira.headline).toBe('Set a new password')
    expect(mira.text('dl')).toMatch(
      /^StateWaiting Toana@example\.org Personana\.silva Written.+ Tries0 Next try.+$/,
    )
    expect(mira.text('[aria-labelledby=text]')).toContain('Someone asked for a new password for your account')
    expect(mira.text('[aria-labelledby=text]')).toContain('(the link is made when the mail is sent)')
    expect(await db.token.count()).toBe(0)
    // Its member can read that an administrator did.
    const looked = { event: 'user.viewed', subjectId: ana.id }
    expect(await db.auditEvent.count({ where: looked })).toBe(1)
    await mira.click('ana.silva')
    expect(mira.path).toBe(`/admin/users/${ana.id}`)
  })

  test('is there as JSON', async () => {
    const { mira, path } = await withMail()
    expect((await mira.json('GET', path)).json()).toMatchObject({
      ...{ status: 'success', mail: { state: 'waiting', sentAt: null } },
      text: expect.stringContaining('(the link is made when the mail is sent)'),
    })
  })

  test('that nobody needs any more says so, and offers nothing', async () => {
    const { db, mira, ana, path, change } = await withMail()
    await change({ state: 'withheld', lastError: 'No account in use has this address' })
    await db.user.update({ where: { id: ana.id }, data: { provenEmailKey: null } })
    await mira.visit(path)
    expect(mira.text()).toContain(
      'if it were sent now, nothing would go out. No account in use has this address.',
    )
    expect(mira.document.querySelectorAll('main button, main pre')).toHaveLength(0)
  })

  test('is not there: 404, whatever is asked', async () => {
    const { mira } = await withMail({})
    const nowhere = '/admin/mail/01a203fd-6d9f-7c5e-91f8-b8b21bca1089'
    for (const path of [nowhere, '/admin/mail/x'])
      expect([path, (await mira.request('GET', path)).statusCode]).toEqual([path, 404])
    for (const action of ['send-again', 'open'])
      expect((await mira.request('POST', `${nowhere}/${action}`, {})).statusCode).toBe(404)
  })
})

describe('a mail that is sent again', () => {
  test.each(['failed', 'withheld', 'sent'] as const)('when it was %s goes out once more', async (state) => {
    const { app, db, mira, ana, path, mail, change } = await withMail()
    await change({ state, attempts: 4, lastError: 'no', sentAt: new Date(0), dueAt: new Date(0) })
    await mira.visit(path)
    const asked = Date.now()
    await mira.press('Send again')
    expect(mira.path).toBe(path)
    expect(mira.text('[role=status]')).toBe('That mail is waiting to be sent again.')
    expect(mira.text()).toContain('It is waiting to be sent.')
    const { id, dueAt, ...now } = await mail()
    expect(now).toMatchObject({ state: 'waiting', attempts: 0, lastError: null })
    expect(dueAt.getTime()).toBeGreaterThanOrEqual(asked)
    expect(dueAt.getTime()).toBeLessThanOrEqual(Date.now())
    expect(await db.auditEvent.findFirst({ where: { event: 'mail.sent-again' } })).toMatchObject({
      subjectId: ana.id,
      detail: { mail: id },
    })
    const [{ to } = {}] = await mailOf(app)
    expect(to).toBe('ana@example.org')
    expect(await mail()).toMatchObject({ state: 'sent', attempts: 1 })
  })

  test('is another message to mail programs, unless it never reached any', async () => {
    const { app, change, sendAgain } = await withMail()
    const nextId = async () => (await mailOf(app))[0]?.messageId
    const first = await nextId()
    await change({ state: 'failed', sentAt: null })
    await sendAgain()
    expect(await nextId()).toBe(first)
    await sendAgain()
    expect(await nextId()).not.toBe(first)
  })

  test('is not withheld for there having been too many, this once', async () => {
    const { app, db, mira } = await withMail()
    const more = () => post(db, 'reset-password', { address: 'ana@example.org' }, source)
    for (let i = 0; i < 6; i++) await more()
    expect(await mailOf(app)).toHaveLength(6)
    const { id, lastError } = await db.mail.findFirstOrThrow({ where: { state: 'withheld' } })
    expect(lastError).toBe('There were too many to this address')
    await mira.request('POST', `/admin/mail/${id}/send-again`, {})
    await more()
    expect(await mailOf(app)).toHaveLength(1)
  })

  test('while it waits is refused, and of two presses at once one counts', async () => {
    const { db, mail, change, sendAgain } = await withMail()
    const before = await mail()
    expect((await sendAgain()).statusCode).toBe(409)
    expect(await mail()).toEqual(before)
    await change({ state: 'failed' })
    const answers = await Promise.all([sendAgain(), sendAgain()])
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, 409])
    expect(await db.auditEvent.count({ where: { event: 'mail.sent-again' } })).toBe(1)
  })
})

describe('a mail that is opened where there is no mail server', () => {
  test('has a link that works, and nothing keeps it', async () => {
    const { db, mira, ana, path, mail } = await withMail({})
    await mira.visit(path)
    await mira.press('Open with its link')
    expect(mira.headline).toBe('Set a new password')
    expect(mira.text()).toContain('Hand this to ana@example.org')
    const link = linkIn({ text: mira.text('.card') })
    expect(mira.document.querySelector('.card a')?.getAttribute('href')).toBe(`http://localhost:3000${link}`)
    const token = link.replace(/.*=/, '')
    expect(await findToken(db, 'reset-password', token)).toMatchObject({ userId: ana.id })
    const { id, state } = await mail()
    expect(state).toBe('waiting')
    const events = await db.auditEvent.findMany({ where: { event: 'mail.opened' } })
    expect(events).toMatchObject([{ subjectId: ana.id, detail: { mail: id } }])
    expect(JSON.stringify([events, await db.mail.findMany()])).not.toContain(token)
    await mira.visit(path)
    expect(mira.answer.body).not.toContain(token)
  })

  test('has its code, as far as it has one', async () => {
    const { app, db, mira, visitor } = await withMail({ EMAIL: 'required' })
    await visitor().signUp('ben.okri', { email: 'ben@example.org' })
    await mira.visit('/admin/mail')
    await mira.click('Confirm your email address')
    expect(mira.text('[aria-labelledby=text]')).toContain('(the code too)')
    await mira.press('Open with its link')
    const ben = await db.user.findUniqueOrThrow({ where: { username: 'ben.okri' } })
    const code = codeIn({ text: mira.document.querySelector('.card')?.textContent ?? '' })
    expect(await findByCode(db, 'verify-email', ben.id, code, app.secretKeys[0])).toBeDefined()
  })

  test('is there as JSON', async () => {
    const { mira, path } = await withMail({})
    const answer = await mira.json('POST', `${path}/open`, {})
    expect(answer.json()).toMatchObject({ to: 'ana@example.org', text: expect.stringContaining('?token=') })
  })

  test('is refused if it has no link, or is not needed any more', async () => {
    const { db, mira, ana, path, change } = await withMail({})
    const open = async () => (await mira.request('POST', `${path}/open`, {})).statusCode
    await change({ kind: 'password-changed' })
    await mira.visit(path)
    await expect(mira.press('Open with its link')).rejects.toThrow('No button says')
    expect(await open()).toBe(409)
    await change({ kind: 'reset-password' })
    await db.user.update({ where: { id: ana.id }, data: { status: 'suspended' } })
    expect(await open()).toBe(409)
    expect([await db.token.count(), await db.auditEvent.count({ where: { event: 'mail.opened' } })]).toEqual([
      0, 0,
    ])
  })

  test('cannot be opened where there is one', async () => {
    const { mira, path } = await withMail(SMTP)
    await mira.visit(path)
    expect(mira.text()).not.toContain('Open with its link')
    expect((await mira.request('POST', `${path}/open`, {})).statusCode).toBe(404)
  })
})

describe('elsewhere', () => {
  test('the overview tells of mails that do not get through', async () => {
    const { db, mira, change } = await withMail()
    const hoursAgo = (n: number) => new Date(Date.now() - n * 3_600_000)
    await db.mail.create({ data: row(1, { state: 'failed', dueAt: hoursAgo(25) }) })
    await mira.visit('/admin')
    expect(mira.text()).not.toMatch(/\d mails?/)
    await change({ dueAt: hoursAgo(1) })
    await db.mail.create({ data: row(2, { state: 'failed', dueAt: hoursAgo(23) }) })
    await db.mail.create({ data: row(3, { state: 'failed' }) })
    await mira.visit('/admin')
    expect(mira.text()).toContain('1 mail has been waiting for more than 10 minutes.')
    expect(mira.text()).toContain('2 mails could not be sent in the last 24 hours.')
    expect((await mira.json('GET', '/admin')).json().stuckMails).toEqual({ failed: 2, waiting: 1 })
    await mira.click('2 mails')
    expect(mira.path).toBe('/admin/mail?state=failed')
  })

  test('a person is shown with their latest mails', async () => {
    const { db, mira, ana, path } = await withMail()
    await mira.visit(`/admin/users/${ana.id}`)
    await mira.click('Set a new password')
    expect(mira.path).toBe(path)
    for (let i = 0; i < 5; i++) await db.mail.create({ data: row(i, { userId: ana.id, state: 'sent' }) })
    await mira.visit(`/admin/users/${ana.id}`)
    const mails = [...mira.document.querySelectorAll('section[aria-labelledby=mail] li')]
    expect(mails.map((mail) => mail.querySelector('a')?.textContent)).toEqual(
      Array(5).fill('Your password was changed'),
    )
    expect(mails[0]?.textContent).toContain('Sent')
    await mira.click('All their mail')
    expect(mira.headline).toBe('Mail to ana.silva')
  })
})
