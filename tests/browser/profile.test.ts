import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { fill, press, signIn, test, text } from '../support/browser.ts'
import { addPerson } from '../support/people.ts'

describe('the profile without scripts', () => {
  test.override('browsing', { javaScriptEnabled: false })

  test('has a username that is changed in its row, and taken back', async ({ page, context, foyer }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    await page.goto('/account')
    const row = page.locator('#r-username')
    await row.getByText('Change', { exact: true }).click()
    await fill(row, { Username: 'ana.souza' })
    await press(page, 'Save username')
    expect(await text(page, '[role=status]')).toBe('Username changed to ana.souza.')
    await page.goto('/account/username')
    await fill(row, { Username: 'ana.lima' })
    await press(page, 'Save username')
    await page.getByRole('link', { name: 'You can change your username again on' }).click()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('username')
    await fill(row, { Username: 'ana.silva' })
    await press(page, 'Save username')
    expect(await text(page, '[role=status]')).toBe('Username changed to ana.silva.')
  })

  test('has a language and a time zone, chosen from lists', async ({ page, context, foyer }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    await page.goto('/account')
    await page.locator('.row', { hasText: 'Language and region' }).getByRole('link').click()
    await page.waitForURL('/account/language')
    await page.getByLabel('Language', { exact: true }).selectOption('English (US)')
    await page.getByLabel('Time zone').selectOption('Ho Chi Minh')
    await press(page, 'Save language and region')
    expect(await text(page, '[role=status]')).toBe('Language and region changed.')
    expect(await text(page)).toContain('English (US), Ho Chi Minh')
    expect(await page.locator('html').getAttribute('lang')).toBe('en-US')
  })

  test('is downloaded with all the rest as a file, or read', async ({ page, context, foyer }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    await page.goto('/account')
    await page.getByRole('link', { name: 'Get it' }).click()
    await page.waitForURL('/account/data')
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download as JSON' }).click()
    const file = await downloading
    expect(file.suggestedFilename()).toBe('foyer-ana.silva.json')
    const { account } = JSON.parse(readFileSync(await file.path(), 'utf8'))
    expect(account.username).toBe('ana.silva')
    const again = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download as JSON' }).click()
    await again
    await page.getByRole('button', { name: 'Read it' }).click()
    await page.waitForURL('/account/data/read')
    await page.getByRole('link', { name: 'Where you are signed in' }).click()
    expect(await text(page, 'section[aria-labelledby=account]')).toContain('ana.silva')
  })
})
