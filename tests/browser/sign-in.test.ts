import { describe, expect } from 'vitest'
import { fill, press, signIn, test, text } from '../support/browser.ts'
import { addPerson, PASSWORD } from '../support/people.ts'

describe.for([
  { scripts: 'without', javaScriptEnabled: false },
  { scripts: 'with', javaScriptEnabled: true },
])('signing in and out $scripts scripts', ({ javaScriptEnabled }) => {
  test.override('browsing', { javaScriptEnabled })

  test('leads to the page that was asked for', async ({ page, foyer }) => {
    await addPerson(foyer.db, 'ana.silva')
    await page.goto('/account/name')
    expect(await text(page, 'h1')).toBe('Sign in')
    await fill(page, { 'Email address or username': 'ana.silva', Password: 'a wrong password' })
    await press(page, 'Sign in')
    expect(await page.title()).toBe('Error: Sign in – Foyer')
    expect(await page.getByLabel('Email address or username').inputValue()).toBe('ana.silva')
    await fill(page, { Password: PASSWORD })
    await press(page, 'Sign in')
    expect(page.url()).toBe(`${foyer.origin}/account/name`)
  })

  test('leaves nothing behind: Back shows no page of the account', async ({ page, context, foyer }) => {
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva', { email: 'ana@example.org' }))
    await page.goto('/account/name')
    await page.goto('/account')
    await press(page, 'Sign out')
    expect(await text(page, '[role=status]')).toBe('You’re signed out.')
    for (const _ of ['the account', 'its form']) {
      await page.goBack()
      expect(page.url()).toContain('/login?return_to=')
      expect(await page.content()).not.toContain('ana')
    }
    // With scripts, the page has asked for what a passkey is to sign.
    const kept = (await context.cookies()).filter(({ name }) => name !== 'foyer-passkey')
    expect(kept).toEqual([])
  })
})
