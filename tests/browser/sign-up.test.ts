import type { Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { fill, press, test, text } from '../support/browser.ts'
import { addPerson, PASSWORD } from '../support/people.ts'

const wrongFields = (page: Page) =>
  page.locator('[aria-invalid=true]').evaluateAll((inputs) => inputs.map(({ id }) => id))
const picks = (page: Page) =>
  page.getByRole('group', { name: 'Free now:' }).getByRole('button').allTextContents()

describe('signing up without scripts', () => {
  test.override('browsing', { javaScriptEnabled: false })

  test('tells all that is to be fixed, keeps what was typed but the password, and succeeds', async ({
    page,
    foyer,
  }) => {
    await page.goto('/')
    expect(page.url()).toBe(`${foyer.origin}/register`)
    await fill(page, { 'Email address (optional)': 'ana@', Username: 'ana silva', Password: 'short' })
    await press(page, 'Create account')
    expect(await page.title()).toBe('Error: Create your account – Foyer')
    expect(await wrongFields(page)).toEqual(['email', 'username', 'password'])
    expect(await page.getByLabel('Username').inputValue()).toBe('ana silva')
    expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('')

    expect(await page.evaluate(() => document.activeElement?.id)).toBe('problem')
    await page.getByRole('link', { name: 'Use only letters, numbers' }).click()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('username')

    await fill(page, {
      'Email address (optional)': 'ana@example.org',
      Username: 'ana.silva',
      Password: PASSWORD,
    })
    await press(page, 'Create account')
    expect(page.url()).toBe(`${foyer.origin}/account`)
    expect(await text(page)).toContain('ana@example.org')
    expect(await foyer.db.user.count()).toBe(1)
  })

  test('a name that is taken comes with free ones, and picking one fills the form in', async ({
    page,
    foyer,
  }) => {
    await addPerson(foyer.db, 'ana.silva')
    await page.goto('/register')
    await fill(page, {
      'Email address (optional)': 'ana@example.org',
      Username: 'ana.silva',
      Password: PASSWORD,
    })
    await press(page, 'Create account')
    const [pick = ''] = await picks(page)
    await press(page, pick)
    expect(await page.title()).toBe('Create your account – Foyer')
    expect(await page.getByLabel('Username').inputValue()).toBe(pick)
    expect(await page.getByLabel('Email address (optional)').inputValue()).toBe('ana@example.org')
    await fill(page, { Password: PASSWORD })
    await press(page, 'Create account')
    expect(await text(page, '.bar')).toContain(pick)
  })

  test('buttons that only scripts can serve are not there', async ({ page }) => {
    await page.goto('/register')
    expect(await page.getByRole('button').allTextContents()).toEqual(['Create account'])
  })
})

describe('signing up by keyboard alone', () => {
  const focused = (page: Page) =>
    page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null
      return element?.labels?.[0]?.textContent ?? element?.textContent?.trim()
    })

  test('goes from field to field by Tab, past the trap, and is sent by Enter', async ({ page, foyer }) => {
    await page.goto('/register')
    const order = []
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab')
      order.push(await focused(page))
    }
    expect(order).toEqual([
      'Skip to main content',
      'Foyer',
      'Email address (optional)',
      'Username',
      'Password',
      'Show',
      'Create account',
      'Sign in',
    ])

    for (const _ of ['Create account', 'Show', 'Password', 'Username']) await page.keyboard.press('Shift+Tab')
    await page.keyboard.type('ana.silva')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    const arrived = page.waitForURL('/account')
    await page.keyboard.press('Enter')
    await arrived
    expect(await foyer.db.user.count({ where: { username: 'ana.silva' } })).toBe(1)
  })
})

describe('on PostgreSQL', () => {
  test.override('provider', 'postgresql')

  test('signing up, out and in again works as well', async ({ page, foyer }) => {
    await page.goto('/register')
    await fill(page, { Username: 'ana.silva', Password: PASSWORD })
    await press(page, 'Create account')
    await press(page, 'Sign out')
    await fill(page, { 'Email address or username': 'Ana.Silva', Password: PASSWORD })
    await press(page, 'Sign in')
    expect(page.url()).toBe(`${foyer.origin}/account`)
  })
})
