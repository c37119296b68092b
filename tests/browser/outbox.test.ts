import { describe, expect } from 'vitest'
import { post } from '../../src/mail/outbox.ts'
import { press, signIn, test, text } from '../support/browser.ts'
import { mailOf } from '../support/mailbox.ts'
import { SMTP } from '../support/mails.ts'
import { addPerson, source } from '../support/people.ts'

const to = { address: 'ana@example.org' }

describe('the mails without scripts', () => {
  test.override('browsing', { javaScriptEnabled: false })

  describe('with a mail server', () => {
    test.override('env', SMTP)

    test('are found from the overview, and one that failed is sent again', async ({
      page,
      context,
      foyer,
    }) => {
      const { app, db } = foyer
      await signIn(context, foyer, await addPerson(db, 'mira.okafor', { role: 'admin' }))
      const { user: ana } = await addPerson(db, 'ana.silva', { email: to.address })
      const failed = await post(db, 'reset-password', { ...to, userId: ana.id }, source)
      await post(db, 'password-changed', { ...to, userId: ana.id }, source)
      await mailOf(app)
      await db.mail.update({ where: failed, data: { state: 'failed', lastError: '550 Mailbox full' } })

      await page.goto('/admin')
      await page.getByRole('link', { name: '1 mail', exact: true }).click()
      await page.waitForURL('/admin/mail?state=failed')
      expect(await page.locator('tbody tr').count()).toBe(1)
      await page.getByRole('link', { name: 'All', exact: true }).click()
      await page.waitForURL('/admin/mail')
      expect(await page.locator('tbody tr').count()).toBe(2)

      await page.getByRole('link', { name: 'Set a new password' }).click()
      await page.waitForURL(`/admin/mail/${failed.id}`)
      expect(await text(page, 'dl')).toContain('550 Mailbox full')
      await press(page, 'Send again')
      expect(await text(page, '[role=status]')).toBe('That mail is waiting to be sent again.')
      expect(await mailOf(app)).toMatchObject([{ to: to.address, subject: 'Set a new password' }])
      await page.reload()
      expect(await text(page, '.badge')).toBe('Sent')

      await page.getByRole('link', { name: 'ana.silva' }).click()
      await page.waitForURL(`/admin/users/${ana.id}`)
      expect(await text(page, '.timeline')).toContain('A mail was put up to be sent again')
      expect(await text(page, 'section[aria-labelledby=mail]')).toContain('Set a new password')
    })
  })

  test('are opened with their links where there is no mail server, and the links work', async ({
    page,
    context,
    foyer,
  }) => {
    const { db } = foyer
    await signIn(context, foyer, await addPerson(db, 'mira.okafor', { role: 'admin' }))
    const { user: ana } = await addPerson(db, 'ana.silva')
    await db.user.update({ where: { id: ana.id }, data: { email: to.address } })
    const mail = await post(db, 'verify-email', { ...to, userId: ana.id }, source)
    await page.goto(`/admin/mail/${mail.id}`)
    expect(await text(page)).toContain('There is no mail server')
    await press(page, 'Open with its link')
    await page.locator('.card a').first().click()
    await page.waitForURL('/verify-email')
    expect(await text(page)).toContain(to.address)
  })
})
