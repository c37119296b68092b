import { describe, expect } from 'vitest'
import { fill, press, test, text } from '../support/browser.ts'
import { linkIn, mailOf } from '../support/mailbox.ts'
import { addPerson } from '../support/people.ts'

const NEW_PASSWORD = 'four-new-words-here'

describe('a forgotten password without scripts', () => {
  test.override('browsing', { javaScriptEnabled: false })

  test('is replaced by way of the mail, and the link is in no address after the first', async ({
    page,
    foyer,
  }) => {
    await addPerson(foyer.db, 'ana.silva', { email: 'ana@example.org' })
    await page.goto('/login')
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.waitForURL('/forgot-password')
    await fill(page, { 'Email address': 'ana@example.org' })
    await press(page, 'Send me a link')
    expect(page.url()).toBe(`${foyer.origin}/forgot-password/sent`)
    expect(await text(page)).toContain('If ana@example.org has an account here')

    const [mail] = await mailOf(foyer.app)
    await page.goto(linkIn(mail))
    expect(page.url()).toBe(`${foyer.origin}/reset-password`)
    expect(await text(page, '.lead')).toContain('For ana.silva.')
    await fill(page, { 'New password': 'short' })
    await press(page, 'Save new password')
    expect(await page.title()).toBe('Error: Choose a new password – Foyer')
    expect(await page.getByLabel('New password', { exact: true }).inputValue()).toBe('')
    await fill(page, { 'New password': NEW_PASSWORD })
    await press(page, 'Save new password')
    expect(page.url()).toBe(`${foyer.origin}/login`)
    expect(await text(page, '[role=status]')).toBe('Password saved. Sign in with it.')

    await fill(page, { 'Email address or username': 'ana.silva', Password: NEW_PASSWORD })
    await press(page, 'Sign in')
    expect(page.url()).toBe(`${foyer.origin}/account`)
    await page.goto(linkIn(mail))
    expect(await text(page, 'h1')).toBe('This link no longer works')
  })
})
