import { issueToken } from '../../src/accounts/token.ts'
import { fromNow, hours } from '../../src/time.ts'
import { type Foyer, fill, press } from './browser.ts'
import { SMTP } from './mails.ts'
import { LONG_USERNAME, type PageState, type Tab } from './page-state.ts'
import { addPerson } from './people.ts'

const LONG_EMAIL = `${'w'.repeat(64)}@${'w'.repeat(63)}.${'w'.repeat(63)}.example.org`

async function resetLink({ db }: Foyer, traits = {}) {
  const { user } = await addPerson(db, LONG_USERNAME, traits)
  const { token } = await issueToken(db, 'reset-password', fromNow(hours(1)), { userId: user.id })
  return `/reset-password?token=${token}`
}

async function askForLink({ page }: Tab) {
  await page.goto('/forgot-password')
  await fill(page, { 'Email address': LONG_EMAIL })
  await press(page, 'Send me a link')
}

/** The ways to the pages for forgotten passwords. */
export const passwordPages: PageState[] = [
  { name: 'forgotten password', open: ({ page }) => page.goto('/forgot-password') },
  {
    name: 'forgotten password with nothing typed',
    rejected: true,
    async open({ page }) {
      await page.goto('/forgot-password')
      await press(page, 'Send me a link')
    },
  },
  { name: 'link for a new password sent', env: SMTP, open: askForLink },
  { name: 'link for a new password, where there is no mail server', open: askForLink },
  {
    name: 'forgotten password without mail',
    env: { EMAIL: 'off' },
    open: ({ page }) => page.goto('/forgot-password'),
  },
  { name: 'new password', open: async ({ page, foyer }) => page.goto(await resetLink(foyer)) },
  {
    name: 'first password',
    open: async ({ page, foyer }) => page.goto(await resetLink(foyer, { hash: '' })),
  },
  {
    name: 'new password that is too short',
    rejected: true,
    async open({ page, foyer }) {
      await page.goto(await resetLink(foyer))
      await fill(page, { 'New password': 'short' })
      await press(page, 'Save new password')
    },
  },
  {
    name: 'new password saved',
    async open({ page, foyer }) {
      await page.goto(await resetLink(foyer))
      await fill(page, { 'New password': 'four-new-words-here' })
      await press(page, 'Save new password')
    },
  },
  {
    name: 'link for a new password that is too old',
    open: ({ page }) => page.goto('/reset-password?token=old'),
  },
]
