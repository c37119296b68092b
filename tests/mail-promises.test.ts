import { describe, expect, test } from 'vitest'
import { issueToken } from '../src/accounts/token.ts'
import { fromNow, hours } from '../src/time.ts'
import { SMTP, withMail } from './support/mails.ts'
import { addWaiting } from './support/requests-waiting.ts'
import type { Visitor } from './support/visitor.ts'

const PROMISE =
  /We’ll (email|send|write)|we’ll (email|send|write)|We’ve sent|on its way|gets a mail|by email\.|Check your email|same mail|the mail to them/
const WITHOUT = /no mail server|hand over/

/** A page keeps to what is so: it promises a mail where there is a server, else says what is instead. */
function expectTruth(visitor: Visitor, arrives: boolean) {
  const words = visitor.text()
  expect(visitor.answer.statusCode, words).toBe(200)
  expect([PROMISE.test(words), WITHOUT.test(words)], `${visitor.path}: ${words}`).toEqual([arrives, !arrives])
}

describe.each([
  ['with a mail server', true, { ...SMTP, EMAIL: 'required' }],
  ['without a mail server', false, { EMAIL: 'required' }],
])('%s', (_, arrives, env) => {
  test('administrators are told before an act whether somebody gets a mail', async () => {
    const { ana, db, mira } = await withMail(env)
    await mira.visit(`/admin/users/${ana.id}`)
    expect(WITHOUT.test(mira.text('[aria-labelledby=mail]'))).toBe(!arrives)
    for (const act of ['send-reset', 'reset-two-factor', 'username', 'email', 'role'])
      expectTruth(await mira.visit(`/admin/users/${ana.id}/${act}`), arrives)
    await db.user.update({ where: { id: ana.id }, data: { provenEmailKey: null } })
    for (const act of ['confirm-again', 'verify-email'])
      expectTruth(await mira.visit(`/admin/users/${ana.id}/${act}`), arrives)
    for (const act of ['confirm-again', 'send-reset'])
      expectTruth(await mira.visit(`/admin/jobs/new?do=${act}`), arrives)
    await mira.visit('/admin/users')
    expectTruth(await mira.tick('Select ana.silva').press('Continue'), arrives)
    const { id } = await addWaiting(db, 'rita.request')
    expectTruth(await mira.visit(`/admin/requests/reject?id=${id}`), arrives)
    expectTruth(await mira.visit('/admin/users/new'), arrives)
  })

  test('so are they where they invite people', async () => {
    const { db, mira } = await withMail(env)
    await mira.visit('/admin/invites')
    expect(PROMISE.test(mira.text('.empty'))).toBe(arrives)
    expect(WITHOUT.test(mira.text('.field .hint'))).toBe(!arrives)
    await mira.fill({ 'Email addresses': 'lea@example.fr' }).press('Send invitations')
    const { id } = await db.invitation.findFirstOrThrow()
    expectTruth(await mira.visit(`/admin/invites/${id}/send-again`), arrives)
    await mira.visit(`/admin/invites/${id}/cancel`)
    expect(mira.text()).not.toMatch(PROMISE)
  })

  test('a member is told where they change their address, and where they undo it', async () => {
    const { ana, db, visitor } = await withMail(env)
    const hers = visitor()
    await hers.logIn('ana.silva')
    await hers.visit('/account/email')
    const [hint] = hers.text('#email-new-hint').split('.')
    expect(hint).toBe(
      arrives
        ? 'We’ll send a link to it'
        : 'An administrator can give you the link to confirm it: there is no mail server here',
    )
    const link = { userId: ana.id, address: 'ana@example.org' }
    const { token } = await issueToken(db, 'undo-email-change', fromNow(hours(1)), link)
    expectTruth(await hers.visit(`/undo-email-change?token=${token}`), arrives)
  })

  test('so is who signs up or has forgotten their password, whether there is an account or not', async () => {
    const { visitor } = await withMail(env)
    const [ben, known, unknown] = [visitor(), visitor(), visitor({ ip: '192.0.2.2' })]
    expectTruth(await ben.visit('/register'), arrives)
    await ben.signUp('ben.okri', { email: 'ben@example.org' })
    expect(ben.headline).toBe(arrives ? 'Check your email' : 'Confirm your email address')
    expectTruth(ben, arrives)
    expectTruth(await visitor().visit('/register/check-email'), arrives)
    for (const [who, email] of [
      [known, 'ana@example.org'],
      [unknown, 'nobody@example.org'],
    ] as const) {
      expectTruth(await who.visit('/forgot-password'), arrives)
      expectTruth(await who.fill({ 'Email address': email }).press('Send me a link'), arrives)
      expect(who.headline).toBe(arrives ? 'Check your email' : 'Ask an administrator')
    }
    const page = ({ answer }: Visitor, email: string) => answer.body.replaceAll(email, 'EMAIL')
    expect(page(known, 'ana@example.org')).toBe(page(unknown, 'nobody@example.org'))
  })
})

test('the first administrator is promised no mail, as none is sent to confirm their address', async () => {
  const { db, visitor } = await withMail({ ...SMTP, EMAIL: 'required' })
  await db.user.deleteMany()
  const { token } = await issueToken(db, 'setup', fromNow(hours(1)))
  const first = visitor()
  await first.visit(`/setup?token=${token}`)
  expect(first.text('.hint')).toBe('It counts as confirmed: it lets you sign in and get back in.')
})
