import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { test } from '../support/browser.ts'
import { everyPage } from '../support/pages.ts'

// The probe is a script that no page of ours would let in.
test.override('browsing', { bypassCSP: true, viewport: { width: 1280, height: 800 } })

type Rules = { rules: Record<string, { enabled: boolean }> } | { runOnly: string[] }

// Colours are all that the dark pages have of their own.
const COLOURS = ['color-contrast', 'color-contrast-enhanced', 'link-in-text-block']
const ALL = { 'color-contrast-enhanced': { enabled: true }, 'target-size': { enabled: true } }

/** What axe finds wrong: the rule and the elements. */
async function violations(page: Page, options: Rules) {
  const { violations } = await page.evaluate(
    (options) =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
        ...options,
        resultTypes: ['violations'],
      }),
    options,
  )
  return violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ html }) => html) }))
}

async function expectAccessible(page: Page) {
  await page.evaluate(axe.source)
  expect(await violations(page, { rules: ALL }), 'on the light page').toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await violations(page, { runOnly: COLOURS }), 'on the dark page').toEqual([])
}

async function expectNothingOffTheScreen(page: Page) {
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 640 })
    expect(await page.evaluate(() => document.scrollingElement?.scrollWidth)).toBe(width)
  }
}

const KNOWN_FIELDS = new Map([
  // One’s own, and what an administrator gives to somebody else.
  ['email', ['email', 'off']],
  ['username', ['username', 'off']],
  ['login', ['username webauthn']],
  ['password', ['new-password', 'current-password']],
  // A person’s own, and what they call a thing.
  ['name', ['name', 'off']],
  ['code', ['one-time-code']],
])

/** What tests and assistive technology rely on, in the HTML of every page. */
async function expectTheUsualHtml(page: Page, rejected: boolean) {
  const found = await page.evaluate(() => {
    const all = (selector: string) => [...document.querySelectorAll<HTMLInputElement>(selector)]
    const shown = (elements: Element[]) => elements.map(({ outerHTML }) => outerHTML)
    const inputs = all('input:not([type=hidden])')
    const descriptions = (input: Element) =>
      (input.getAttribute('aria-describedby')?.split(' ') ?? []).map((id) => document.getElementById(id))
    const hasHandler = (element: Element) => element.getAttributeNames().some((name) => name.startsWith('on'))
    return {
      lang: document.documentElement.lang,
      headings: all('h1').length,
      title: document.title,
      focused: document.activeElement?.id,
      unlabelled: shown(inputs.filter(({ id }) => all(`label[for="${id}"]`).length !== 1)),
      describedByNothing: shown(inputs.filter((input) => descriptions(input).includes(null))),
      secretsShown: shown(all('input[type=password]').filter((input) => input.getAttribute('value'))),
      secretsCut: shown(all('input[type=password][maxlength]')),
      inline: shown(all('script:not([src]), style, [style]')),
      handlers: shown(all('*').filter(hasHandler)),
      fields: inputs.map(({ name, autocomplete }) => ({ name, autocomplete })),
      wrong: all('[aria-invalid=true]').map((input) => ({
        id: input.id,
        said: descriptions(input).find((element) => element?.className === 'error')?.lastChild?.textContent,
      })),
      summary: all('h1 ~ #problem a').map((link) => ({
        id: link.getAttribute('href')?.slice(1),
        said: link.textContent,
      })),
    }
  })

  const { title, fields, summary, wrong, ...rest } = found
  expect(rest).toEqual({
    lang: 'en',
    headings: 1,
    focused: rejected ? 'problem' : '',
    unlabelled: [],
    describedByNothing: [],
    secretsShown: [],
    secretsCut: [],
    inline: [],
    handlers: [],
  })
  expect(title).toMatch(rejected ? /^Error: [^:]+ – Foyer$/ : /^[^:]+ – Foyer$/)
  expect(wrong.length > 0).toBe(rejected)
  expect(summary).toEqual(wrong)
  for (const { name, autocomplete } of fields)
    if (KNOWN_FIELDS.has(name)) expect(KNOWN_FIELDS.get(name), name).toContain(autocomplete)
}

describe.for(everyPage)('the page “$name”', ({ open, rejected = false, env = {} }) => {
  test.override('env', env)

  test('keeps the contract, is accessible in light and dark, and fits 1280 and 320 pixels', async ({
    page,
    context,
    foyer,
  }) => {
    await open({ page, context, foyer })
    await expectTheUsualHtml(page, rejected)
    await expectAccessible(page)
    await expectNothingOffTheScreen(page)
  })
})
