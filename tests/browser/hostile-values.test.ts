import { describe, expect } from 'vitest'
import type { Db } from '../../src/db/client.ts'
import { fill, press, signIn, test, text } from '../support/browser.ts'
import { addPerson } from '../support/people.ts'

const RIGHT_TO_LEFT = 'שלום\u200f\u202egnp.exe'
const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus=alert(1) x='",
  '</title></textarea><svg onload=alert(1)>',
  '<%= 7 * 7 %>{{7 * 7}}&lt;b&gt;',
  'javascript:alert(1)',
  RIGHT_TO_LEFT,
]

/** Someone whose every stored text is the value, even where no form of ours would have let it in. */
async function addHostile(db: Db, value: string, index: number) {
  const person = await addPerson(db, `person-${index}`, { role: 'admin' })
  await db.user.update({ where: { id: person.user.id }, data: { name: value, email: value } })
  await db.session.update({ where: { id: person.sessionId }, data: { userAgent: value, ip: value } })
  const facts = { username: value, device: value, ip: value }
  await db.mail.create({
    data: {
      ...{ kind: 'email-changing', address: value, userId: person.user.id, lastError: value },
      ...{ facts, state: 'failed', dueAt: new Date() },
    },
  })
  return person
}

// That no dialog opened, no policy was broken and no other origin was asked is checked of every page.
describe('values that try to be more than text', () => {
  const BRAND_NAME = 'Ann & Bob’s </title><script>alert(1)</script>'
  test.override('env', { BRAND_NAME })

  test('are shown as they are, wherever they are stored', async ({ page, context, foyer }) => {
    for (const [index, value] of HOSTILE.entries()) {
      const person = await addHostile(foyer.db, value, index)
      await signIn(context, foyer, person)
      await page.goto('/account/name')
      expect(await page.title()).toBe(`Your account – ${BRAND_NAME}`)
      expect(await page.locator('#r-name summary bdi').textContent()).toBe(value)
      expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe(value)
    }

    for (const path of ['/admin/users', '/admin']) {
      await page.goto(path)
      const names = await page.locator('.person a[dir=auto]').allTextContents()
      expect(names).toEqual(HOSTILE.toReversed().slice(0, names.length))
    }

    await page.goto('/admin/mail')
    expect(await page.locator('td[data-label=To]').allTextContents()).toEqual(HOSTILE.toReversed())
    for (const [index, value] of HOSTILE.entries()) {
      await page.goto('/admin/mail')
      await page
        .locator('td.first a')
        .nth(HOSTILE.length - 1 - index)
        .click()
      await page.waitForURL(/admin\/mail\/./)
      expect(await page.locator('dd bdi').first().textContent()).toBe(value)
      await press(page, 'Open with its link')
      expect(await page.locator('.lead bdi').textContent()).toBe(value)
    }

    for (const [index, value] of HOSTILE.slice(0, -1).entries()) {
      const { id } = await foyer.db.user.findUniqueOrThrow({ where: { username: `person-${index}` } })
      await page.goto(`/admin/users/${id}/suspend`)
      expect(await page.locator('.person strong[dir=auto]').textContent()).toBe(value)
      await fill(page, { Reason: value })
      await press(page, `Suspend person-${index}`)
      expect(await page.locator('h1 bdi').textContent()).toBe(value)
      expect(await text(page, '.timeline')).toContain(`Reason: “${value}”`)
    }
  })

  test('are given back as they are, wherever they are typed', async ({ page, context, foyer }) => {
    for (const value of HOSTILE) {
      await page.goto(`/register?return_to=${encodeURIComponent(value)}`)
      await fill(page, { 'Email address (optional)': value, Username: value, Password: value })
      await press(page, 'Create account')
      expect(await page.getByLabel('Username').inputValue()).toBe(value)
    }

    await signIn(context, foyer, await addPerson(foyer.db, 'mira.okafor', { role: 'admin' }))
    for (const value of HOSTILE) {
      await page.goto(`/admin/users?q=${encodeURIComponent(value)}`)
      expect(await page.locator('main h2').textContent()).toBe(`Nobody matches “${value}”`)
      await page.goto(`/${encodeURIComponent(value)}`)
      expect(await text(page, 'h1')).toBe('Page not found')
    }
  })
})
