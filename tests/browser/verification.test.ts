import { describe, expect } from 'vitest'
import { fill, press, test, text } from '../support/browser.ts'
import { codeIn, linkIn, mailOf } from '../support/mailbox.ts'
import { PASSWORD } from '../support/people.ts'
import { signUpToProve } from '../support/verification-pages.ts'

test.override('env', { EMAIL: 'required' })

for (const provider of ['sqlite', 'postgresql'] as const)
  describe(`confirming one’s address without scripts, on ${provider}`, () => {
    test.override('browsing', { javaScriptEnabled: false })
    test.override('provider', provider)

    test('by the link: a typing mistake is corrected, the mail comes, a button finishes', async ({
      page,
      foyer,
    }) => {
      await signUpToProve(page, 'ana.silva', 'ana@example.or')
      await page.getByText('Use a different address').click()
      await fill(page, { 'Email address': 'ana@example.org' })
      await press(page, 'Send it there')
      expect(await text(page, '.lead')).toContain('ana@example.org')

      const mails = await mailOf(foyer.app)
      expect(mails.map(({ to }) => to)).toEqual(['ana@example.org'])
      await page.goto(linkIn(mails[0]))
      expect(page.url()).toBe(`${foyer.origin}/verify-email`)
      expect(await text(page, 'h1')).toBe('One last step')
      await press(page, 'Yes, confirm my address')
      expect(page.url()).toBe(`${foyer.origin}/account`)
      expect(await text(page, '[role=status]')).toBe('Welcome, ana.silva. Your account is ready.')
    })

    test('by the code, typed on the page that is still open', async ({ page, foyer }) => {
      await signUpToProve(page, 'ana.silva', 'ana@example.org')
      const [mail] = await mailOf(foyer.app)
      await fill(page, { 'Or type the 6-digit code': codeIn(mail) })
      await page.keyboard.press('Enter')
      await page.waitForURL('/account')
      expect(await text(page)).toContain('Confirmed')
    })

    test('on another device: the link asks for the password', async ({ page, foyer, browser }) => {
      await signUpToProve(page, 'ana.silva', 'ana@example.org')
      const [mail] = await mailOf(foyer.app)
      const phone = await browser.newContext({ baseURL: foyer.origin, javaScriptEnabled: false })
      const other = await phone.newPage()
      await other.goto(linkIn(mail))
      await press(other, 'Yes, confirm my address')
      expect(other.url()).toBe(`${foyer.origin}/login`)
      await fill(other, { 'Email address or username': 'ana.silva', Password: PASSWORD })
      await press(other, 'Sign in')
      expect(other.url()).toBe(`${foyer.origin}/account`)
      expect(await text(other, '[role=status]')).toBe('Email address confirmed.')
      await phone.close()
    })
  })
