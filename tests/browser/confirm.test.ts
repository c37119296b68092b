import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { type Foyer, fill, press, signIn, test, text } from '../support/browser.ts'
import { addPerson, PASSWORD } from '../support/people.ts'

type Tab = { page: Page; context: BrowserContext; foyer: Foyer }

async function comeIn({ context, foyer }: Omit<Tab, 'page'>) {
  await signIn(context, foyer, await addPerson(foyer.db, 'mira.okafor', { role: 'admin' }))
  return (await addPerson(foyer.db, 'ana.silva')).user
}

/** Presses a button when the proof is old, and confirms. */
async function pressLate({ page, foyer }: Omit<Tab, 'context'>, button: string) {
  await foyer.db.session.updateMany({ data: { provenAt: new Date(0) } })
  await press(page, button)
  expect(await text(page, 'h1')).toBe('Confirm it’s you')
  await fill(page, { 'Your password': 'wrong-horse-battery' })
  await press(page, 'Continue')
  expect(await text(page, '#problem')).toContain('That isn’t your current password')
  await fill(page, { 'Your password': PASSWORD })
  await press(page, 'Continue')
}

describe('what was typed goes on, once it is confirmed who it is, without scripts', () => {
  test.override('browsing', { javaScriptEnabled: false })

  test('of a new account', async ({ page, context, foyer }) => {
    await comeIn({ context, foyer })
    await page.goto('/admin/users/new')
    await fill(page, { Username: 'lea.moeller', 'Name (optional)': 'Lea “<b>” & Möller' })
    await page.getByLabel('Role').selectOption('support')
    await pressLate({ page, foyer }, 'Make the account')
    expect(await text(page, 'h1')).toBe('Account made for lea.moeller')
    const lea = await foyer.db.user.findUniqueOrThrow({ where: { username: 'lea.moeller' } })
    expect([lea.name, lea.role]).toEqual(['Lea “<b>” & Möller', 'support'])
  })

  test('of a suspension, with its reason', async ({ page, context, foyer }) => {
    const { id } = await comeIn({ context, foyer })
    await page.goto(`/admin/users/${id}/suspend`)
    await fill(page, { Reason: 'She asked for it' })
    await pressLate({ page, foyer }, 'Suspend ana.silva')
    expect(page.url()).toBe(`${foyer.origin}/admin/users/${id}`)
    expect(await text(page, '[role=status]')).toBe('ana.silva is suspended.')
    const { detail } = await foyer.db.auditEvent.findFirstOrThrow({ where: { event: 'user.suspended' } })
    expect(detail).toEqual({ reason: 'She asked for it' })
  })

  test('of a change of role', async ({ page, context, foyer }) => {
    const { id } = await comeIn({ context, foyer })
    await page.goto(`/admin/users/${id}/role`)
    await page.getByRole('combobox').selectOption('support')
    await pressLate({ page, foyer }, 'Change the role')
    expect(await text(page, '[role=status]')).toBe('ana.silva is now in support.')
  })

  test('of several people at once', async ({ page, context, foyer }) => {
    await comeIn({ context, foyer })
    await addPerson(foyer.db, 'ben.silva')
    await page.goto('/admin/users')
    await page.getByRole('checkbox', { name: 'ana.silva' }).check()
    await page.getByRole('checkbox', { name: 'ben.silva' }).check()
    await page.getByLabel('With the people selected').selectOption('suspend')
    await press(page, 'Continue')
    await fill(page, { Reason: 'Both' })
    await pressLate({ page, foyer }, 'Suspend 2 people')
    expect(await text(page, '[role=status]')).toBe('2 people are suspended.')
  })

  test('of settings, line by line', async ({ page, context, foyer }) => {
    await comeIn({ context, foyer })
    await page.goto('/admin/settings/terms')
    const terms = '\n# Terms\n\n- “be” <kind> & brief\n  \n\tDas ist alles.'
    await fill(page, { Terms: terms })
    await pressLate({ page, foyer }, 'Publish these terms')
    expect((await foyer.db.terms.findFirstOrThrow()).text).toBe(terms.trim())
  })
})
