import type { Page } from 'playwright-core'
import { addAuthenticator, codeOf } from './authenticator.ts'
import { fill, press, signIn } from './browser.ts'
import { at, LONG_USERNAME, logIn, OTHER_USERNAME, type PageState, type Tab } from './page-state.ts'
import { addPerson } from './people.ts'

/** Somebody signed in, with two-step sign-in on or off. */
async function comeIn({ context, foyer }: Tab, { on = false, codesLeft = 10 } = {}) {
  const person = await addPerson(foyer.db, LONG_USERNAME)
  const authenticator = on ? await addAuthenticator(foyer.app, person.user) : undefined
  const used = await foyer.db.recoveryCode.findMany({ take: 10 - codesLeft })
  const where = { id: { in: used.map(({ id }) => id) } }
  await foyer.db.recoveryCode.updateMany({ where, data: { usedAt: new Date() } })
  await signIn(context, foyer, person)
  return { ...person, authenticator }
}

/** Somebody who has typed their password, and is asked for a code. */
async function comeToTheStep({ page, foyer }: Tab) {
  const { user } = await addPerson(foyer.db, LONG_USERNAME)
  const authenticator = await addAuthenticator(foyer.app, user)
  await logIn(page)
  return authenticator
}

async function turnOn(page: Page, code = '') {
  await page.goto('/account/two-factor')
  await fill(page, { '6-digit code': code || codeOf((await page.locator('#secret').textContent()) ?? '') })
  await press(page, 'Turn on')
}

/** The ways to the pages of two-step sign-in. */
export const twoFactorPages: PageState[] = [
  { name: 'second step', open: comeToTheStep },
  {
    name: 'second step, a wrong code',
    rejected: true,
    async open(tab) {
      await comeToTheStep(tab)
      await fill(tab.page, { '6-digit code': '12345' })
      await press(tab.page, 'Continue')
    },
  },
  { name: 'second step without a first', open: ({ page }) => page.goto('/login/two-factor') },
  { name: 'two-step sign-in to be turned on', open: at('/account/two-factor', comeIn) },
  { name: 'two-step sign-in asked for', env: { REQUIRE_TWO_FACTOR: 'all' }, open: at('/account', comeIn) },
  {
    name: 'two-step sign-in, a wrong code',
    rejected: true,
    async open(tab) {
      await comeIn(tab)
      await turnOn(tab.page, '12345')
    },
  },
  {
    name: 'two-step sign-in turned on',
    async open(tab) {
      await comeIn(tab)
      await turnOn(tab.page)
    },
  },
  {
    name: 'two-step sign-in to be turned off',
    open: at('/account/two-factor', (tab) => comeIn(tab, { on: true })),
  },
  {
    name: 'account, two-step sign-in turned off',
    async open(tab) {
      await comeIn(tab, { on: true })
      await tab.page.goto('/account/two-factor')
      await press(tab.page, 'Turn off')
    },
  },
  {
    name: 'account with few recovery codes',
    open: at('/account', (tab) => comeIn(tab, { on: true, codesLeft: 1 })),
  },
  { name: 'recovery codes', open: at('/account/recovery-codes', (tab) => comeIn(tab, { on: true })) },
  { name: 'recovery codes without two-step sign-in', open: at('/account/recovery-codes', comeIn) },
  {
    name: 'recovery codes made anew',
    async open(tab) {
      await comeIn(tab, { on: true })
      await tab.page.goto('/account/recovery-codes')
      await press(tab.page, 'Make new ones')
    },
  },
  {
    name: 'confirmation by both factors, with neither',
    rejected: true,
    async open(tab) {
      await comeIn(tab, { on: true })
      await tab.page.goto('/account/confirm')
      await press(tab.page, 'Continue')
    },
  },
  {
    name: 'second factors to be taken from somebody',
    async open(tab) {
      const { user } = await addPerson(tab.foyer.db, OTHER_USERNAME)
      await addAuthenticator(tab.foyer.app, user)
      await signIn(tab.context, tab.foyer, await addPerson(tab.foyer.db, 'ada.admin', { role: 'admin' }))
      await tab.page.goto(`/admin/users/${user.id}`)
      await tab.page.getByText('Turn off two-step sign-in').click()
    },
  },
  {
    name: 'someone with two-step sign-in',
    async open(tab) {
      const { user } = await addPerson(tab.foyer.db, OTHER_USERNAME)
      await addAuthenticator(tab.foyer.app, user)
      await signIn(tab.context, tab.foyer, await addPerson(tab.foyer.db, 'ada.admin', { role: 'admin' }))
      await tab.page.goto(`/admin/users/${user.id}`)
    },
  },
]
