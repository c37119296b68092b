import type { Page } from 'playwright-core'
import { fill, press, signIn } from './browser.ts'
import { at, LONG_USERNAME, logIn, type PageState, type Tab } from './page-state.ts'
import { addPerson, PASSWORD } from './people.ts'
import { addWaiting } from './requests-waiting.ts'

const env = { SIGN_UP: 'approval' }
/** The longest there may be, with no place to break a line. */
const LONG_EMAIL = `${'w'.repeat(64)}@${'w'.repeat(60)}.example.org`

async function comeIn({ context, foyer }: Tab) {
  await signIn(context, foyer, await addPerson(foyer.db, `${LONG_USERNAME.slice(1)}v`, { role: 'admin' }))
}

/** An administrator, and two who wait, about whom there is much to say. */
async function comeInToDecide(tab: Tab) {
  await comeIn(tab)
  const { db } = tab.foyer
  const ip = '2001:db8:1111:2222:3333:4444:5555:6666'
  const { id } = await addWaiting(db, LONG_USERNAME, { email: LONG_EMAIL, ip })
  await db.user.update({ where: { id }, data: { provenEmailKey: null } })
  await addWaiting(db, LONG_USERNAME.slice(1), { email: 'someone@mailinator.com', ip })
  await addWaiting(db, 'kwame', { email: LONG_EMAIL.replace('@', '+x@') })
  await tab.page.goto('/admin/requests')
  return id
}

async function tick(page: Page) {
  const box = page.getByLabel(`Select ${LONG_USERNAME}`, { exact: true })
  await box.check()
  await box.blur()
}

/** Signing up where an administrator decides, and where they do. */
export const requestPages: PageState[] = [
  { name: 'sign-up that somebody looks at', env, open: ({ page }) => page.goto('/register') },
  {
    name: 'sign-up that waits',
    env,
    async open({ page }) {
      await page.goto('/register')
      await fill(page, { Username: 'ana.silva', Password: PASSWORD })
      await press(page, 'Create account')
    },
  },
  {
    name: 'sign-up that waits without mail',
    env: { ...env, EMAIL: 'off' },
    open: ({ page }) => page.goto('/register/awaiting-approval'),
  },
  {
    name: 'sign-in while the sign-up waits',
    env,
    rejected: true,
    async open({ page, foyer }) {
      await addWaiting(foyer.db, LONG_USERNAME)
      await logIn(page)
    },
  },
  { name: 'requests, none', env, open: at('/admin/requests', comeIn) },
  { name: 'requests', env, open: comeInToDecide },
  {
    name: 'requests, one selected',
    env,
    async open(tab) {
      await comeInToDecide(tab)
      await tick(tab.page)
    },
  },
  {
    name: 'requests, none selected',
    env,
    rejected: true,
    async open(tab) {
      await comeInToDecide(tab)
      await press(tab.page, 'Approve')
    },
  },
  {
    name: 'requests, one approved',
    env,
    async open(tab) {
      await comeInToDecide(tab)
      await tick(tab.page)
      await press(tab.page, 'Approve')
    },
  },
  {
    name: 'request to be turned away',
    env,
    async open(tab) {
      await comeInToDecide(tab)
      await tick(tab.page)
      await press(tab.page, 'Turn away')
    },
  },
  {
    name: 'request to be turned away with a reason that is too long',
    env,
    rejected: true,
    async open(tab) {
      const id = await comeInToDecide(tab)
      await tab.page.goto(`/admin/requests/reject?id=${id}`)
      await fill(tab.page, { 'Reason (optional)': 'w'.repeat(201) })
      await press(tab.page, `Turn ${LONG_USERNAME} away`)
    },
  },
  {
    name: 'request that was decided on meanwhile',
    env,
    async open(tab) {
      const id = await comeInToDecide(tab)
      await tab.foyer.db.signUpRequest.deleteMany()
      await tab.page.goto(`/admin/requests/reject?id=${id}`)
    },
  },
]
