import {
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core'
import { test as base, expect } from 'vitest'
import { createPasswordHasher } from '../../src/accounts/password-hasher.ts'
import { openSecretKeys } from '../../src/accounts/secret-key.ts'
import { buildApp } from '../../src/app.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { type Db, openDb } from '../../src/db/client.ts'
import { unpackChromium } from './chromium.ts'
import { freshDatabase, SECRET_KEY } from './database.ts'
import { freePort } from './launch.ts'
import { PATIENCE } from './patience.ts'
import type { App } from './requests.ts'

/** The service, listening. */
export type Foyer = { app: App; db: Db; config: Config; origin: string }

declare global {
  var reportViolation: (violation: string) => void
}

/** Notes whatever our pages must never make a browser do or say. */
async function watch(context: BrowserContext, origin: string): Promise<string[]> {
  const seen: string[] = []
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) seen.push(`asked ${request.url()}`)
  })
  context.on('response', (response) => {
    const isPage = response.request().isNavigationRequest()
    if (!isPage && response.status() >= 400) seen.push(`${response.status()} for ${response.url()}`)
  })
  context.on('console', (said) => {
    // Chromium tells every page whose status is an error; such a page is an answer like any other.
    const isStatus = said.text().startsWith('Failed to load resource: the server responded with a status of')
    if (['error', 'warning'].includes(said.type()) && !isStatus) seen.push(`console: ${said.text()}`)
  })
  context.on('weberror', (error) => void seen.push(`script failed: ${error.error().message}`))
  context.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await context.exposeBinding('reportViolation', (_source, violation: string) => seen.push(violation))
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      reportViolation(`Content-Security-Policy: ${violatedDirective} stopped ${blockedURI}`),
    )
  })
  return seen
}

/**
 * A test with `foyer`, the service listening on a fresh database, and `page`, a tab of a browser of its own
 * there. The test fails if a page asked another origin, broke the Content-Security-Policy, opened a dialog
 * or made the browser complain. `env`, `provider` and `browsing` may be overridden.
 */
export const test = base
  .extend('env', {} as Record<string, string>)
  .extend('provider', 'sqlite' as 'sqlite' | 'postgresql')
  .extend('browsing', {} as BrowserContextOptions)
  .extend('launch', { scope: 'file' }, () => unpackChromium())
  .extend('browser', { scope: 'file' }, async ({ launch }, { onCleanup }) => {
    const browser = await chromium.launch(launch)
    onCleanup(() => browser.close())
    return browser
  })
  .extend('passwords', { scope: 'file' }, () => createPasswordHasher(readConfig({}).argon2))
  .extend('foyer', async ({ env, provider, passwords }, { onCleanup }) => {
    const database = await freshDatabase(provider)
    // The address of the service has to be known before it listens.
    const port = String(await freePort())
    const config = readConfig({
      LOG_LEVEL: 'silent',
      SECRET_KEY,
      ...env,
      PORT: port,
      DATABASE_URL: database.url,
    })
    const db = await openDb(database.url)
    const app = await buildApp({ config, db, passwords, secretKeys: openSecretKeys(config) })
    onCleanup(async () => {
      await app.close()
      await db.$disconnect()
      await database.remove()
    })
    await app.listen({ host: config.host, port: config.port })
    return { app, db, config, origin: config.baseUrl }
  })
  .extend('context', async ({ browser, foyer, browsing }, { onCleanup }) => {
    const context = await browser.newContext({ baseURL: foyer.origin, reducedMotion: 'reduce', ...browsing })
    context.setDefaultTimeout(PATIENCE.timeout)
    const seen = await watch(context, foyer.origin)
    onCleanup(async () => {
      await context.close()
      expect(seen).toEqual([])
    })
    return context
  })
  .extend('page', ({ context }) => context.newPage())

/** Gives the browser the session of somebody whom the test put into the database. */
export const signIn = (context: BrowserContext, { origin }: Foyer, { token }: { token: string }) =>
  context.addCookies([{ name: 'foyer-session', value: token, url: origin }])

/** Presses a button by its words, and waits for the page that it leads to. */
export async function press(page: Page, name: string) {
  const arrived = page.waitForEvent('domcontentloaded')
  await page.getByRole('button', { name, exact: true }).click()
  await arrived
}

/** Fills fields in by their labels, of a page or a part of it: those that are to be seen. */
export async function fill(page: Page | Locator, values: Record<string, string>) {
  for (const [label, value] of Object.entries(values))
    await page.getByLabel(label, { exact: true }).filter({ visible: true }).fill(value)
}

/** The words of the page, or of what a selector finds in it that is to be seen. */
export async function text(page: Page, selector = 'main') {
  const words = await page.locator(selector).filter({ visible: true }).textContent()
  return words?.replace(/\s+/g, ' ').trim()
}
