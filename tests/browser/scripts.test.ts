import type { Request } from 'playwright-core'
import { describe, expect } from 'vitest'
import { fill, press, signIn, test } from '../support/browser.ts'
import { PATIENCE } from '../support/patience.ts'
import { addPerson, PASSWORD } from '../support/people.ts'

describe('with scripts', () => {
  test('a password is shown and hidden, and is hidden when it is sent', async ({ page }) => {
    await page.goto('/register')
    const password = page.getByLabel('Password', { exact: true })
    const type = () => password.getAttribute('type')
    await page.getByRole('button', { name: 'Show password' }).click()
    expect(await type()).toBe('text')
    await page.getByRole('button', { name: 'Hide password' }).click()
    expect(await type()).toBe('password')

    await page.getByRole('button', { name: 'Show password' }).click()
    // An answer without content leaves the page as it was when the form was sent.
    await page.route('/register', (route) => route.fulfill({ status: 204 }))
    await page.getByRole('button', { name: 'Create account' }).click()
    expect(await type()).toBe('password')
  })

  test('a new password tells how far it is from long enough', async ({ page }) => {
    await page.goto('/register')
    await fill(page, { Password: 'çava?' })
    await page.getByText('7 more to go').waitFor()
    await fill(page, { Password: PASSWORD })
    await page.getByText('Long enough').waitFor()
    expect(await page.getByRole('status').count()).toBe(1)
  })

  test('a form that is rejected has its summary focused, and a pick fills the name in without a reload', async ({
    page,
    foyer,
  }) => {
    await addPerson(foyer.db, 'ana.silva')
    await page.goto('/register')
    await fill(page, { Username: 'ana.silva', Password: PASSWORD })
    await press(page, 'Create account')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('problem')

    const asked: Request[] = []
    page.on('request', (request) => asked.push(request))
    await fill(page, { Password: PASSWORD })
    const pick = page.getByRole('group', { name: 'Free now:' }).getByRole('button').first()
    await pick.click()
    expect(await page.getByLabel('Username').inputValue()).toBe(await pick.textContent())
    expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe(PASSWORD)
    expect(asked).toEqual([])
  })

  test('a form that is sent again while it is under way is posted once', async ({ page }) => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    const posts: Request[] = []
    await page.goto('/register')
    await page.route('/register', async (route, request) => {
      posts.push(request)
      await answered
      await route.continue()
    })
    await fill(page, { Username: 'ana.silva', Password: PASSWORD })
    await page.keyboard.press('Enter')
    await expect.poll(() => posts.length, PATIENCE).toBe(1)
    await page.keyboard.press('Enter')
    answer()
    await page.waitForURL('/account')
    expect(posts).toHaveLength(1)
  })

  test('a form that Back brings out of the browser’s memory can be sent again', async ({ page }) => {
    await page.goto('/register')
    await fill(page, { Username: 'ana.silva', Password: PASSWORD })
    await page.route('/register', (route) => route.fulfill({ status: 204 }), { times: 1 })
    await page.keyboard.press('Enter')
    const button = page.getByRole('button', { name: 'Create account' })
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
    expect(await button.getAttribute('aria-disabled')).toBe(null)
    await press(page, 'Create account')
    expect(await page.title()).toBe('Your account – Foyer')
  })

  test('an address is copied by a button that says so', async ({ page, context, foyer }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: foyer.origin })
    await signIn(context, foyer, await addPerson(foyer.db, 'mira.okafor', { role: 'admin' }))
    await page.goto('/admin')
    await page.getByRole('button', { name: 'Copy address' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${foyer.origin}/register`)
  })
})
