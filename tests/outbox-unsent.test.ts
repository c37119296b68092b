import { describe, expect, test } from 'vitest'
import { linkIn } from './support/mailbox.ts'
import { withMail } from './support/mails.ts'
import type { Visitor } from './support/visitor.ts'

/** An administrator, and a member whose address waits to be confirmed, where there is no mail server. */
async function withoutServer({ proven = true } = {}) {
  const services = await withMail({})
  const { ana, db } = services
  if (!proven) await db.user.update({ where: { id: ana.id }, data: { provenEmailKey: null } })
  return services
}

async function invite(mira: Visitor, emails: string) {
  await mira.visit('/admin/invites')
  await mira.fill({ 'Email addresses': emails }).press('Send invitations')
}

describe('without a mail server', () => {
  test('an administrator is told that a mail stays, and opens it to hand its link over', async () => {
    const { ana, mira, visitor } = await withoutServer()
    await mira.visit(`/admin/users/${ana.id}/send-reset`)
    await mira.press('Send the link')
    expect(mira.text('.flash.warn[role=status]')).toBe(
      'There is no mail server, so the password link for ana.silva stays here. An administrator can open it under “Mail” and hand it over.',
    )
    await mira.click('Mail')
    await mira.click('Set a new password')
    await mira.press('Open with its link')
    const hers = visitor()
    await hers.visit(linkIn({ text: mira.text() }))
    expect(hers.headline).toBe('Choose a new password')
  })

  test('the same goes for invitations, and for the link to an account that was made for somebody', async () => {
    const { mira } = await withoutServer()
    await invite(mira, 'lea@example.fr')
    expect(mira.text('[role=status]')).toContain('the invitation for lea@example.fr stays here.')
    await mira.visit('/admin/invites')
    await mira.press('Send again to lea@example.fr')
    expect(mira.text('[role=status]')).toContain('the invitation for lea@example.fr stays here.')
    await invite(mira, 'a@example.org, b@example.org')
    expect(mira.text('[role=status]')).toContain('the 2 invitations stay here.')
    await mira.visit('/admin/users/new')
    await mira
      .fill({ Username: 'lea', 'Email address (optional)': 'lea@example.fr' })
      .press('Make the account')
    expect(mira.text('[role=status]')).toMatch(
      /^Account made for lea\. .* the link to choose a password stays here/,
    )
  })

  test('the same goes for links to confirm an address, of one and of several people', async () => {
    const { ana, db, mira } = await withoutServer({ proven: false })
    await mira.visit(`/admin/users/${ana.id}/confirm-again`)
    await mira.press('Send it again')
    expect(mira.text('[role=status]')).toContain('to confirm the address of ana.silva stays here.')
    const ben = { username: 'ben', usernameSkeleton: 'ben', passwordHash: '', passwordChangedAt: new Date() }
    await db.user.create({ data: { ...ben, email: 'ben@example.org', emailKey: 'ben@example.org' } })
    // One that waits isn't sent again.
    await db.mail.deleteMany()
    await mira.visit('/admin/users')
    await mira.tick('Select ana.silva', 'Select ben').press('Continue')
    await mira.press('Send 2 people the confirmation again')
    expect(mira.text('[role=status]')).toContain('the addresses of 2 people stay here.')
  })

  test('a member is told whom to ask', async () => {
    const { visitor } = await withoutServer()
    const ana = visitor()
    await ana.logIn('ana.silva')
    await ana.visit('/account/email')
    const typed = {
      'New email address': 'ana@silva.example',
      'Your current password': 'correct-horse-battery',
    }
    await ana.fill(typed).press('Send the link')
    expect(ana.text('[role=status]')).toMatch(/wasn’t sent\. Ask an administrator for it\.$/)
    expect(ana.text('.flash.warn:not([role])')).toContain('ask an administrator for the link')
    expect(ana.text()).not.toContain('we sent')
  })

  test('so is who forgot their password, and who signs up and has to confirm the address', async () => {
    const { visitor } = await withMail({ EMAIL: 'required' })
    const [ana, ben] = [visitor(), visitor()]
    await ana.visit('/forgot-password')
    await ana.fill({ 'Email address': 'ana@example.org' }).press('Send me a link')
    expect(ana.text('.lead')).toContain('an administrator can hand you a link')
    await ben.signUp('ben.okri', { email: 'ben@example.org' })
    expect(ben.text('.lead')).toMatch(/wasn’t sent\. Ask an administrator for it\.$/)
    expect(ben.text()).not.toContain('Nothing there yet?')
    await ben.press('Send it again')
    expect(ben.text('[role=status]')).toContain('the link wasn’t sent.')
    await ben.visit('/register/awaiting-approval')
    expect(ben.text()).not.toContain('we’ll write to you')
  })
})
