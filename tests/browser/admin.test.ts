import type { Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { setupLink } from '../../src/features/setup/make-admin.ts'
import { fill, press, signIn, test, text } from '../support/browser.ts'
import { addPerson, PASSWORD } from '../support/people.ts'

const people = (page: Page) => page.locator('tbody .person a').allTextContents()

describe('administration without scripts', () => {
  test.override('browsing', { javaScriptEnabled: false })

  test('starts with a link that makes the first administrator', async ({ page, foyer }) => {
    await page.goto((await setupLink(foyer)) ?? '')
    expect(page.url()).toBe(`${foyer.origin}/setup`)
    await fill(page, { Username: 'mira.okafor', Password: 'short' })
    await press(page, 'Create account')
    expect(await page.title()).toBe('Error: Make the first administrator – Foyer')
    await fill(page, { Password: PASSWORD })
    await press(page, 'Create account')
    expect(page.url()).toBe(`${foyer.origin}/admin`)
    await page.getByRole('link', { name: 'People', exact: true }).click()
    await page.waitForURL('/admin/users')
    expect(await text(page)).toContain(`${foyer.origin}/register`)
  })

  test('keeps the mark as large as it is beside a long name', async ({ page, context, foyer }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'mira.okafor', { role: 'admin' }))
    foyer.config.brand.name = 'Museum of Long Names and Other Curiosities'
    await page.setViewportSize({ width: 375, height: 800 })
    await page.goto('/admin')
    const { width } = (await page.locator('.bar .mark').boundingBox()) ?? {}
    expect(width).toBeGreaterThan(30)
  })

  test('finds people by name and by status', async ({ page, context, foyer }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'mira.okafor', { role: 'admin' }))
    await addPerson(foyer.db, 'ana.silva')
    await addPerson(foyer.db, 'ana.costa', { status: 'suspended' })
    await page.goto('/admin/users')
    expect(await people(page)).toEqual(['ana.costa', 'ana.silva', 'mira.okafor'])

    await fill(page, { Search: 'ana' })
    await press(page, 'Search')
    expect(await people(page)).toEqual(['ana.costa', 'ana.silva'])
    await page.getByRole('link', { name: 'Suspended', exact: true }).click()
    await page.waitForURL(/status=suspended/)
    expect(await people(page)).toEqual(['ana.costa'])
    expect(await page.getByLabel('Search').inputValue()).toBe('ana')

    await fill(page, { Search: 'nobody at all' })
    await press(page, 'Search')
    expect(await text(page)).toContain('Nobody matches “nobody at all”')
  })

  test('suspends someone, who is out at once, and lifts it again', async ({
    page,
    context,
    browser,
    foyer,
  }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'mira.okafor', { role: 'admin' }))
    const ana = await addPerson(foyer.db, 'ana.silva')
    await using elsewhere = await browser.newContext({ baseURL: foyer.origin })
    await signIn(elsewhere, foyer, ana)
    const anasPage = await elsewhere.newPage()
    await anasPage.goto('/account')
    expect(anasPage.url()).toBe(`${foyer.origin}/account`)

    await page.goto('/admin/users')
    await page.getByRole('link', { name: 'ana.silva' }).click()
    await page.getByText('Suspend', { exact: true }).click()
    await fill(page, { Reason: 'Asked to' })
    await press(page, 'Suspend ana.silva')
    expect(await text(page, '[role=status]')).toBe('ana.silva is suspended.')
    expect(await text(page, '.timeline')).toContain('Account suspended. Reason: “Asked to”')
    await anasPage.reload()
    expect(anasPage.url()).toContain('/login')

    await page.getByText('Lift the suspension', { exact: true }).click()
    await press(page, 'Lift the suspension of ana.silva')
    expect(await text(page, '[role=status]')).toBe('Suspension lifted for ana.silva.')
    await page.reload()
    expect(await page.getByRole('status').count()).toBe(0)
  })
})
