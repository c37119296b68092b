import { randomUUIDv7 } from 'node:crypto'
import type { Page } from 'playwright-core'
import { setupLink } from '../../src/features/setup/make-admin.ts'
import { accountPages } from './account-pages.ts'
import { auditPages } from './audit-pages.ts'
import { type Foyer, fill, press, signIn } from './browser.ts'
import { bulkPages } from './bulk-pages.ts'
import { deletionPages } from './deletion-pages.ts'
import { invitationPages } from './invitation-pages.ts'
import { mailPages } from './mail-pages.ts'
import {
  at,
  LONG_EMAIL,
  LONG_NAME,
  LONG_USERNAME,
  logIn,
  OTHER_USERNAME,
  type PageState,
  type Tab,
} from './page-state.ts'
import { passkeyPages } from './passkey-pages.ts'
import { passwordPages } from './password-pages.ts'
import { addPerson, PASSWORD } from './people.ts'
import { personPages } from './person-pages.ts'
import { profilePages } from './profile-pages.ts'
import { requestPages } from './request-pages.ts'
import { sessionPages } from './session-pages.ts'
import { settingsPages } from './settings-pages.ts'
import { twoFactorPages } from './two-factor-pages.ts'
import { verificationPages } from './verification-pages.ts'

async function signUp(page: Page, values: { username: string; email?: string; password?: string }) {
  const { username, email = '', password = PASSWORD } = values
  await fill(page, { 'Email address (optional)': email, Username: username, Password: password })
  await press(page, 'Create account')
}

/** Somebody with the longest names, signed in. */
async function comeIn({ context, foyer }: Tab, role: 'member' | 'admin') {
  const person = await addPerson(foyer.db, LONG_USERNAME, { role, email: LONG_EMAIL })
  await foyer.db.user.update({ where: { id: person.user.id }, data: { name: LONG_NAME } })
  await signIn(context, foyer, person)
  return person.user
}

/** An administrator, and someone else to look at. */
async function comeInAsAdmin(tab: Tab, status: 'active' | 'suspended' = 'active') {
  const you = await comeIn(tab, 'admin')
  const { user } = await addPerson(tab.foyer.db, OTHER_USERNAME, { status })
  await tab.foyer.db.user.update({ where: { id: user.id }, data: { name: LONG_NAME } })
  return { you, path: `/admin/users/${user.id}` }
}

async function addCrowd({ db }: Foyer) {
  const statuses = ['pending', 'active', 'suspended', 'closing'] as const
  const crowd = Array.from({ length: 60 }, (_, i) => ({
    id: randomUUIDv7(),
    username: `person-${i}`,
    usernameSkeleton: `person-${i}`,
    name: i % 2 ? `Person Number ${i}` : null,
    passwordHash: '',
    passwordChangedAt: new Date(),
    status: statuses[i % 4] ?? 'active',
  }))
  await db.user.createMany({ data: crowd })
}

/** The ways to every page of the service, in every state that looks different. */
export const everyPage: PageState[] = [
  ...auditPages,
  ...verificationPages,
  ...mailPages,
  ...invitationPages,
  ...passwordPages,
  ...passkeyPages,
  ...accountPages,
  ...twoFactorPages,
  ...deletionPages,
  ...sessionPages,
  ...requestPages,
  ...settingsPages,
  ...profilePages,
  ...personPages,
  ...bulkPages,
  { name: 'sign-up', open: ({ page }) => page.goto('/register?return_to=/account/name') },
  {
    name: 'sign-up with everything wrong',
    rejected: true,
    async open({ page }) {
      await page.goto('/register')
      await signUp(page, { username: `${LONG_USERNAME}w`, email: LONG_USERNAME, password: 'short' })
    },
  },
  {
    name: 'sign-up with a name that is taken',
    rejected: true,
    async open({ page, foyer }) {
      await addPerson(foyer.db, LONG_USERNAME)
      await page.goto('/register')
      await signUp(page, { username: LONG_USERNAME, email: LONG_EMAIL })
    },
  },
  { name: 'sign-up closed', env: { SIGN_UP: 'closed' }, open: ({ page }) => page.goto('/register') },
  { name: 'sign-in', open: ({ page }) => page.goto('/login') },
  {
    name: 'sign-in with nothing typed',
    rejected: true,
    open: ({ page }) => logIn(page, { login: '', password: '' }),
  },
  {
    name: 'sign-in with a wrong password',
    rejected: true,
    open: ({ page }) => logIn(page, { password: 'wrong' }),
  },
  {
    name: 'signed out',
    async open(tab) {
      await comeIn(tab, 'member')
      await tab.page.goto('/account')
      await press(tab.page, 'Sign out')
    },
  },
  { name: 'first administrator', open: async ({ page, foyer }) => page.goto((await setupLink(foyer)) ?? '') },
  {
    name: 'first administrator with everything wrong',
    rejected: true,
    async open({ page, foyer }) {
      await page.goto((await setupLink(foyer)) ?? '')
      await signUp(page, { username: 'admin', email: 'x', password: 'short' })
    },
  },
  { name: 'setup link that is too old', open: ({ page }) => page.goto('/setup?token=old') },
  { name: 'page not found', open: ({ page }) => page.goto('/nowhere') },
  { name: 'page for administrators only', open: at('/admin', (tab) => comeIn(tab, 'member')) },
  {
    name: 'too many tries',
    async open({ page, foyer }) {
      const spent = { tat: BigInt(Date.now() + 60 * 60_000) }
      await foyer.db.throttle.create({ data: { key: 'register:127.0.0.1', ...spent } })
      await page.goto('/register')
      await signUp(page, { username: 'ana.silva' })
    },
  },
  {
    name: 'service stopping',
    async open({ page, foyer }) {
      foyer.app.stopping = true
      await page.goto('/readyz')
    },
  },
  {
    name: 'something broken',
    async open({ page, foyer }) {
      await foyer.db.$executeRaw`DROP TABLE "Throttle"`
      await page.goto('/register')
      await signUp(page, { username: 'ana.silva' })
    },
  },
  { name: 'account', open: at('/account', (tab) => comeIn(tab, 'member')) },
  {
    name: 'account with the name just changed',
    async open(tab) {
      await comeIn(tab, 'admin')
      await tab.page.goto('/account/name')
      await press(tab.page, 'Save name')
    },
  },
  {
    name: 'account with a name that is too long',
    rejected: true,
    async open(tab) {
      await comeIn(tab, 'member')
      await tab.page.goto('/account/name')
      await fill(tab.page, { Name: `${LONG_NAME}W` })
      await press(tab.page, 'Save name')
    },
  },
  { name: 'overview', open: at('/admin', comeInAsAdmin) },
  { name: 'people, nobody but you', open: at('/admin/users', (tab) => comeIn(tab, 'admin')) },
  {
    name: 'people, more than a page, narrowed down and by username',
    async open(tab) {
      await addCrowd(tab.foyer)
      await comeInAsAdmin(tab)
      await tab.page.goto('/admin/users?sort=username&twoFactor=off')
    },
  },
  {
    name: 'people, nobody found',
    async open(tab) {
      await comeIn(tab, 'admin')
      await tab.page.goto(`/admin/users?status=suspended&q=${LONG_NAME}`)
    },
  },
  {
    name: 'people, after the last',
    open: at('/admin/users?after=00000000-0000-7000-8000-000000000000', (tab) => comeIn(tab, 'admin')),
  },
  {
    name: 'people, asked for in a way that we don’t understand',
    open: at('/admin/users?status=sleeping', (tab) => comeIn(tab, 'admin')),
  },
  {
    name: 'someone',
    async open(tab) {
      const { path } = await comeInAsAdmin(tab)
      await tab.page.goto(path)
      await tab.page.getByText('Suspend', { exact: true }).click()
    },
  },
  {
    name: 'someone suspended',
    async open(tab) {
      const { path } = await comeInAsAdmin(tab, 'suspended')
      await tab.page.goto(path)
      await tab.page.getByText('Lift the suspension', { exact: true }).click()
    },
  },
  {
    name: 'yourself',
    async open(tab) {
      const { you } = await comeInAsAdmin(tab)
      await tab.page.goto(`/admin/users/${you.id}`)
    },
  },
  {
    name: 'suspension to be confirmed',
    async open(tab) {
      const { path } = await comeInAsAdmin(tab)
      await tab.page.goto(`${path}/suspend`)
    },
  },
  {
    name: 'suspension with a reason that is too long',
    rejected: true,
    async open(tab) {
      const { path } = await comeInAsAdmin(tab)
      await tab.page.goto(`${path}/suspend`)
      await fill(tab.page, { Reason: 'w'.repeat(201) })
      await press(tab.page, `Suspend ${OTHER_USERNAME}`)
    },
  },
  {
    name: 'reset link to be confirmed',
    async open(tab) {
      const { path } = await comeInAsAdmin(tab)
      await tab.page.goto(`${path}/reset-link`)
    },
  },
  {
    name: 'reset link made',
    async open(tab) {
      const { path } = await comeInAsAdmin(tab)
      await tab.page.goto(`${path}/reset-link`)
      await press(tab.page, 'Make a reset link')
    },
  },
  {
    name: 'suspension lifted',
    async open(tab) {
      const { path } = await comeInAsAdmin(tab, 'suspended')
      await tab.page.goto(`${path}/restore`)
      await press(tab.page, `Lift the suspension of ${OTHER_USERNAME}`)
    },
  },
]
