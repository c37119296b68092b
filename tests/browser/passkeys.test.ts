import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { fill, press, signIn, test, text } from '../support/browser.ts'
import { addPerson } from '../support/people.ts'

/** Chromium's own authenticator, as the one built into a phone. */
async function withAuthenticator(context: BrowserContext, page: Page, { isUserVerified = true } = {}) {
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', automaticPresenceSimulation: true },
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified },
    },
  })
  const set = (present: boolean) =>
    cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: present })
  return { cdp, authenticatorId, set }
}

/** Presses a button whose form is sent by a script, once the browser has answered it. */
async function pressAndWait(page: Page, button: string, heading: string) {
  await page.getByRole('button', { name: button, exact: true }).click()
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
}

async function addHere(page: Page, name: string) {
  await page.goto('/account/passkeys')
  await fill(page, { Name: name })
  await press(page, 'Add a passkey')
}

describe('a passkey in a real browser', () => {
  test('is added, not twice, signs in by a button and by itself, and is removed', async ({
    page,
    context,
    foyer,
  }) => {
    const cdp = await withAuthenticator(context, page)
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    await addHere(page, 'This laptop')
    expect(await text(page, '[role=status]')).toBe(
      'Passkey “This laptop” added. You can use it next time you sign in.',
    )
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByText('This passkey is already on your account').waitFor()

    await cdp.set(false)
    await press(page, 'Sign out')
    await page.goto('/login?return_to=/account/name')
    await page.getByLabel('Keep me signed in on this device').check()
    await cdp.set(true)
    await pressAndWait(page, 'Sign in with a passkey', 'Your account')
    expect(page.url()).toBe(`${foyer.origin}/account/name`)
    expect(await foyer.db.session.count({ where: { remember: true } })).toBe(1)
    await cdp.set(false)
    await press(page, 'Sign out')
    // Offered where the username is typed, and taken at once.
    await cdp.set(true)
    await page.goto('/login')
    await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor()
    expect(await foyer.db.session.count()).toBe(1)
    expect((await foyer.db.passkey.findFirstOrThrow()).lastUsedAt).not.toBeNull()

    await page.goto('/account/passkeys')
    await page.getByRole('link', { name: 'Remove This laptop' }).click()
    await press(page, 'Remove it')
    expect(await text(page, '[role=status]')).toBe('Passkey “This laptop” removed.')
    await cdp.set(false)
    await press(page, 'Sign out')
    await cdp.set(true)
    await page.goto('/login')
    await page.getByText('We don’t know that passkey').first().waitFor()
  })
})
