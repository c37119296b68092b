import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { codeOf } from '../support/authenticator.ts'
import { fill, press, signIn, test, text } from '../support/browser.ts'
import { addPerson, PASSWORD } from '../support/people.ts'

describe.for([
  { scripts: 'without', javaScriptEnabled: false },
  { scripts: 'with', javaScriptEnabled: true },
])('two-step sign-in $scripts scripts', ({ javaScriptEnabled }) => {
  test.override('browsing', { javaScriptEnabled, acceptDownloads: true })

  test('is turned on, and asked for at the next sign-in', async ({ page, context, foyer }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    await page.goto('/account')
    await page.getByRole('link', { name: 'Turn on two-step sign-in' }).click()
    const drawn = page.getByRole('img', { name: 'QR code for your authenticator app' })
    expect(await drawn.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 0)).toBe(true)
    const key = (await page.locator('#secret').textContent()) ?? ''
    await fill(page, { '6-digit code': codeOf(key) })
    await press(page, 'Turn on')

    expect(await text(page, '[role=status]')).toBe('Two-step sign-in is on.')
    const codes = await page.locator('#codes li').allTextContents()
    const downloading = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download as text' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe('recovery-codes.txt')
    expect(readFileSync(await download.path(), 'utf8')).toBe(`${codes.join('\n')}\n`)
    await page.getByRole('link', { name: 'I’ve saved them' }).click()
    await press(page, 'Sign out')

    await page.goto('/account/name')
    await fill(page, { 'Email address or username': 'ana.silva', Password: PASSWORD })
    await press(page, 'Sign in')
    expect(await text(page, 'h1')).toBe('Enter your code')
    // The code of this step turned it on: the next is as good, and need not be waited for.
    await fill(page, { '6-digit code': codeOf(key, 30_000) })
    await press(page, 'Continue')
    expect(page.url()).toBe(`${foyer.origin}/account/name`)
    await press(page, 'Sign out')

    await fill(page, { 'Email address or username': 'ana.silva', Password: PASSWORD })
    await press(page, 'Sign in')
    await fill(page, { '6-digit code': codes[0] ?? '' })
    await press(page, 'Continue')
    expect(await text(page, 'h1')).toBe('Your account')
  })
})
