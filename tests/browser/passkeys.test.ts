import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { fill, press, signIn, test, text } from '../support/browser.ts'
import { addPerson } from '../support/people.ts'
import { SoftwarePasskey, storePasskey } from '../support/software-passkey.ts'

/** Chromium's own authenticator, as the one built into a phone. */
async function withAuthenticator(context: BrowserContext, page: Page) {
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', automaticPresenceSimulation: true },
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    },
  })
  const set = (present: boolean) =>
    cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: present })
  const forget = () => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  return { set, forget }
}

/** Presses a button whose form is sent by a script, once the browser has answered it. */
async function pressAndWait(page: Page, button: string, heading: string) {
  await page.getByRole('button', { name: button, exact: true }).click()
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
}

/** A browser that doesn't offer passkeys by itself: this one would take the offer at once, before any button. */
const withoutOffer = (page: Page) =>
  page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false
  })

/** Signs out, and leaves the page that would offer the passkey. */
async function signOut(page: Page, { set }: Awaited<ReturnType<typeof withAuthenticator>>) {
  await set(false)
  await press(page, 'Sign out')
  await page.goto('/forgot-password')
  await set(true)
}

async function addHere(page: Page, name: string) {
  await page.goto('/account/passkeys')
  await fill(page, { Name: name })
  await press(page, 'Add a passkey')
}

describe('a passkey in a real browser', () => {
  test('is added, not twice, signs in where the username is typed, and is removed', async ({
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

    await signOut(page, cdp)
    // Offered where the username is typed, and taken at once.
    await page.goto('/login')
    await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor()
    expect(await foyer.db.session.count()).toBe(1)
    expect((await foyer.db.passkey.findFirstOrThrow()).lastUsedAt).not.toBeNull()

    await page.goto('/account/passkeys')
    await page.getByRole('link', { name: 'Remove This laptop' }).click()
    await press(page, 'Remove it')
    expect(await text(page, '[role=status]')).toBe('Passkey “This laptop” removed.')
    await signOut(page, cdp)
    await page.goto('/login')
    await page.getByText('We don’t know that passkey').first().waitFor()
  })

  test('confirms who it is, and by a button stands for both steps of a sign-in', async ({
    page,
    context,
    foyer,
  }) => {
    await withoutOffer(page)
    const cdp = await withAuthenticator(context, page)
    const person = await addPerson(foyer.db, 'ana.silva')
    await signIn(context, foyer, person)
    await addHere(page, 'This laptop')
    const row = { userId: person.user.id, secret: new Uint8Array(), lastStep: 0 }
    await foyer.db.authenticator.create({ data: row })
    await foyer.db.session.updateMany({ data: { provenAt: new Date(0) } })
    await page.goto('/account/passkeys')
    expect(page.url()).toContain('/account/confirm?')
    await pressAndWait(page, 'Use a passkey', 'Passkeys')

    await signOut(page, cdp)
    await page.goto('/login?return_to=/account/name')
    await page.getByLabel('Keep me signed in on this device').check()
    await pressAndWait(page, 'Sign in with a passkey', 'Your account')
    expect(page.url()).toBe(`${foyer.origin}/account/name`)
    expect(await foyer.db.session.count({ where: { remember: true } })).toBe(1)
  })

  test('confirms who it is, and what was typed goes on', async ({ browser, foyer }) => {
    // Not the watched one: a script is told here that a proof is needed, which is a 403.
    await using context = await browser.newContext({ baseURL: foyer.origin })
    const page = await context.newPage()
    await withoutOffer(page)
    await withAuthenticator(context, page)
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    await addHere(page, 'This laptop')
    const growStale = () => foyer.db.session.updateMany({ data: { provenAt: new Date(0) } })
    await page.getByRole('link', { name: 'Rename This laptop' }).click()
    await fill(page, { Name: 'The old one' })
    await growStale()
    await press(page, 'Save name')
    await pressAndWait(page, 'Use a passkey', 'Passkeys')
    expect(await text(page, '[role=status]')).toBe('Name changed.')
    expect((await foyer.db.passkey.findFirstOrThrow()).name).toBe('The old one')

    await fill(page, { Name: 'A new one' })
    await growStale()
    await pressAndWait(page, 'Add a passkey', 'Confirm it’s you')
    await pressAndWait(page, 'Use a passkey', 'Passkeys')
    expect(await text(page, '[role=status]')).toContain('Nothing has been done yet')
    expect(await page.getByLabel('Name').inputValue()).toBe('A new one')
  })

  test('is refused if it doesn’t know who is there, in words', async ({ page, context, foyer }) => {
    await withoutOffer(page)
    const cdp = await withAuthenticator(context, page)
    await signIn(context, foyer, await addPerson(foyer.db, 'ana.silva'))
    await addHere(page, 'This laptop')
    await cdp.forget()
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page
      .getByRole('alert')
      .filter({ hasText: /^That didn’t finish. Try again$/ })
      .waitFor()

    await press(page, 'Sign out')
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    const other = /^That didn’t finish. Try again, or use your password$/
    await page.getByRole('alert').filter({ hasText: other }).waitFor()
    expect(await foyer.db.passkey.count()).toBe(1)
    expect(await foyer.db.session.count()).toBe(0)
  })
})

describe('without scripts', () => {
  test.override('browsing', { javaScriptEnabled: false })

  test('passkeys are seen, renamed and removed, and nothing asks for one', async ({
    page,
    context,
    foyer,
  }) => {
    const person = await addPerson(foyer.db, 'ana.silva')
    await storePasskey(foyer.db, person.user, new SoftwarePasskey())
    await page.goto('/login')
    expect(await page.getByRole('button', { name: 'Sign in with a passkey' }).isVisible()).toBe(false)
    await signIn(context, foyer, person)
    await page.goto('/account/passkeys')
    expect(await page.getByRole('button', { name: 'Add a passkey' }).isVisible()).toBe(false)
    // Chromium shows it to whoever switches scripts off, but not when a test does.
    const instead = await page.locator('noscript').textContent()
    expect(instead).toContain('To add a passkey, turn on JavaScript for this site.')
    await page.getByRole('link', { name: 'Rename My phone' }).click()
    await fill(page, { Name: 'Red phone' })
    await press(page, 'Save name')
    await page.getByRole('link', { name: 'Remove Red phone' }).click()
    await press(page, 'Remove it')
    expect(await text(page)).toContain('You have none yet.')
  })
})
