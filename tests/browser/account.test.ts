import { describe, expect } from 'vitest'
import { fill, press, signIn, test, text } from '../support/browser.ts'
import { linkIn, mailOf } from '../support/mailbox.ts'
import { SMTP } from '../support/mails.ts'
import { addPerson, PASSWORD } from '../support/people.ts'

describe('the account without scripts', () => {
  test.override('browsing', { javaScriptEnabled: false })

  test('is rows that open in place: a name is changed, told once, and taken away', async ({
    page,
    context,
    foyer,
  }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    await page.goto('/account')
    expect(await page.getByLabel('Name', { exact: true }).isVisible()).toBe(false)
    await page.locator('#r-name').getByText('Change', { exact: true }).click()
    await fill(page, { Name: 'Ana Silva' })
    await press(page, 'Save name')
    expect(await text(page, '[role=status]')).toBe('Name changed.')
    expect(await text(page, '#r-name summary')).toContain('Ana Silva')
    await page.reload()
    expect(await page.getByRole('status').count()).toBe(0)

    await page.goto('/account/name')
    await fill(page, { Name: '' })
    await press(page, 'Save name')
    expect(await text(page, '#r-name summary')).toContain('Not set')
  })

  test('opens the row again whose form was rejected', async ({ page, context, foyer }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    await page.goto('/account/name')
    await fill(page, { Name: 'a'.repeat(101) })
    await press(page, 'Save name')
    expect(await page.title()).toBe('Error: Your account – Foyer')
    await page.getByRole('link', { name: 'Make it 100 characters or fewer' }).click()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('name')
  })
})

describe('the password without scripts', () => {
  test.override('browsing', { javaScriptEnabled: false })

  test('is changed in its row; the other browser is signed out, this one is not', async ({
    page,
    context,
    browser,
    foyer,
  }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    const elsewhere = await browser.newContext({ baseURL: foyer.origin })
    const other = await elsewhere.newPage()
    await other.goto('/login')
    await fill(other, { 'Email address or username': 'ana.silva', Password: PASSWORD })
    await press(other, 'Sign in')

    await page.goto('/account')
    const row = page.locator('#r-password')
    await row.getByText('Change', { exact: true }).click()
    await fill(row, { 'Your current password': 'a wrong one', 'New password': 'another-horse-battery' })
    await press(page, 'Save new password')
    await page.getByRole('link', { name: 'That isn’t your current password. Try again' }).click()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('password-current')
    await fill(row, { 'Your current password': PASSWORD, 'New password': 'another-horse-battery' })
    await press(page, 'Save new password')
    expect(await text(page, '[role=status]')).toBe(
      'Password changed. You’re signed out on your other devices.',
    )
    await page.goto('/account/name')
    expect(page.url()).toBe(`${foyer.origin}/account/name`)
    await other.goto('/account')
    expect(other.url()).toMatch(/\/login\?/)
    await elsewhere.close()
  })
})

for (const provider of ['sqlite', 'postgresql'] as const)
  describe(`the address without scripts, on ${provider}`, () => {
    test.override('browsing', { javaScriptEnabled: false })
    test.override('provider', provider)
    test.override('env', { EMAIL: 'optional', ...SMTP })

    test('is changed by a link to the new one, and changed back by a link to the old one', async ({
      page,
      context,
      foyer,
    }) => {
      await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva', { email: 'ana@example.org' }))
      await page.goto('/account')
      const row = page.locator('#r-email')
      await row.getByText('Change', { exact: true }).click()
      await fill(row, { 'New email address': 'ana@silva.example', 'Your current password': PASSWORD })
      await press(page, 'Send the link')
      expect(await text(page, '.flash.warn')).toContain('Waiting for you to confirm ana@silva.example')
      const mails = await mailOf(foyer.app)
      const linkTo = (address: string) => linkIn(mails.find(({ to }) => to === address))
      await page.goto(linkTo('ana@silva.example'))
      await press(page, 'Yes, confirm my address')
      expect(await text(page, '#r-email summary')).toContain('ana@silva.example Confirmed')

      await page.goto(linkTo('ana@example.org'))
      await press(page, 'Yes, keep my address')
      expect(page.url()).toBe(`${foyer.origin}/login`)
      expect(await text(page, '[role=status]')).toContain('Your address is kept')
      expect((await mailOf(foyer.app)).map(({ to }) => to)).toEqual(['ana@example.org'])
    })
  })

describe('pages that can’t be shown, without scripts', () => {
  test.override('browsing', { javaScriptEnabled: false })

  test('say so, and lead on', async ({ page, foyer }) => {
    const answer = await page.goto('/nowhere')
    expect(answer?.status()).toBe(404)
    expect(await text(page, 'h1')).toBe('Page not found')
    await page.getByRole('link', { name: 'Go to the start' }).click()
    await page.waitForURL('/register')
    expect(await foyer.db.user.count()).toBe(0)
  })

  test('let a member sign in as someone who may', async ({ page, context, foyer }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    const answer = await page.goto('/admin/users')
    expect(answer?.status()).toBe(403)
    expect(await text(page)).toContain('You’re signed in as ana.silva')
    await press(page, 'Sign in as someone else')
    expect(page.url()).toBe(`${foyer.origin}/login`)
  })
})
