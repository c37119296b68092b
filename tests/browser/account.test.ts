import { describe, expect } from 'vitest'
import { fill, press, signIn, test, text } from '../support/browser.ts'
import { addPerson } from '../support/people.ts'

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
    await page.getByText('Change', { exact: true }).click()
    await fill(page, { Name: 'Ana Silva' })
    await press(page, 'Save name')
    expect(await text(page, '[role=status]')).toBe('Name changed.')
    expect(await text(page, 'summary')).toContain('Ana Silva')
    await page.reload()
    expect(await page.getByRole('status').count()).toBe(0)

    await page.goto('/account/name')
    await fill(page, { Name: '' })
    await press(page, 'Save name')
    expect(await text(page, 'summary')).toContain('Not set')
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
