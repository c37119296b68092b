import type { BrowserContext, Page } from 'playwright-core'
import { type Foyer, fill, press } from './browser.ts'
import { PASSWORD } from './people.ts'

export type Tab = { page: Page; context: BrowserContext; foyer: Foyer }

/** A page in one of its states, and the way there. */
export type PageState = {
  name: string
  rejected?: true
  env?: Record<string, string>
  open: (tab: Tab) => Promise<unknown>
}

/** The longest there may be, with no place to break a line. */
export const LONG_USERNAME = 'w'.repeat(32)
export const OTHER_USERNAME = `v${'w'.repeat(31)}`
export const LONG_NAME = 'W'.repeat(100)
export const LONG_EMAIL = `${'w'.repeat(64)}@example.org`
export const LONGEST_EMAIL = `${'w'.repeat(64)}@${'w'.repeat(60)}.${'w'.repeat(60)}.${'w'.repeat(50)}.example.org`
export const LONG_ERROR = `Can't send mail: 550 5.1.1 <${'x'.repeat(200)}> no such user`

/** Somebody comes in, and goes to an address. */
export const at = (path: string, comeIn: (tab: Tab) => Promise<unknown>) => async (tab: Tab) => {
  await comeIn(tab)
  await tab.page.goto(path)
}

/** Types a name and a password where people sign in. */
export async function logIn(page: Page, typed: { login?: string; password?: string; path?: string } = {}) {
  const { login = LONG_USERNAME, password = PASSWORD, path = '/login' } = typed
  await page.goto(path)
  await fill(page, { 'Email address or username': login, Password: password })
  await press(page, 'Sign in')
}
