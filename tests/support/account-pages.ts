import { issueToken } from '../../src/accounts/token.ts'
import { fromNow, hours } from '../../src/time.ts'
import { fill, press, signIn } from './browser.ts'
import { at, LONG_EMAIL, type PageState, type Tab } from './page-state.ts'
import { addPerson, PASSWORD } from './people.ts'

/** The longest there may be, with no place to break a line. */
const OTHER_EMAIL = `${'v'.repeat(64)}@example.org`

/** Somebody signed in, whose address is proven unless told otherwise. */
async function comeIn({ context, foyer }: Tab, data: { provenEmailKey?: null; newEmail?: string } = {}) {
  const person = await addPerson(foyer.db, 'ana.silva', { email: LONG_EMAIL })
  await foyer.db.user.update({ where: { id: person.user.id }, data })
  await signIn(context, foyer, person)
  return person.user
}

async function changePassword({ page }: Tab, current: string, password: string) {
  await page.goto('/account/password')
  await fill(page.locator('#r-password'), { 'Your current password': current, 'New password': password })
  await press(page, 'Save new password')
}

async function changeEmail({ page }: Tab, email: string, current: string) {
  await page.goto('/account/email')
  await fill(page.locator('#r-email'), { 'New email address': email, 'Your current password': current })
  await press(page, 'Send the link')
}

async function openUndoLink(tab: Tab) {
  const { id } = await comeIn(tab, { newEmail: OTHER_EMAIL })
  const mailed = { userId: id, address: LONG_EMAIL }
  const { token } = await issueToken(tab.foyer.db, 'undo-email-change', fromNow(hours(1)), mailed)
  await tab.page.goto(`/undo-email-change?token=${token}`)
}

/** The account page with its address and password, and where the old mailbox’s link leads. */
export const accountPages: PageState[] = [
  {
    name: 'account, its password changed',
    async open(tab) {
      await comeIn(tab)
      await changePassword(tab, PASSWORD, 'another-horse-battery')
    },
  },
  {
    name: 'account, nothing typed for a new password',
    rejected: true,
    async open(tab) {
      await comeIn(tab)
      await changePassword(tab, '', '')
    },
  },
  {
    name: 'account, a wrong current password',
    rejected: true,
    async open(tab) {
      await comeIn(tab)
      await changePassword(tab, 'wrong', 'another-horse-battery')
    },
  },
  {
    name: 'account, another address asked for',
    async open(tab) {
      await comeIn(tab)
      await changeEmail(tab, OTHER_EMAIL, PASSWORD)
    },
  },
  {
    name: 'account, nothing right for another address',
    rejected: true,
    async open(tab) {
      await comeIn(tab, { newEmail: OTHER_EMAIL })
      await changeEmail(tab, LONG_EMAIL, '')
    },
  },
  {
    name: 'account, the change of address cancelled',
    async open(tab) {
      await comeIn(tab, { newEmail: OTHER_EMAIL })
      await tab.page.goto('/account')
      await press(tab.page, 'Cancel this change')
    },
  },
  {
    name: 'account, its address not confirmed',
    open: at('/account', (tab) => comeIn(tab, { provenEmailKey: null })),
  },
  {
    name: 'account, the link asked for too often',
    async open(tab) {
      await comeIn(tab, { provenEmailKey: null })
      await tab.page.goto('/account')
      await press(tab.page, 'Send me a link to confirm it')
      await press(tab.page, 'Send me a link to confirm it')
    },
  },
  { name: 'account without e-mail', env: { EMAIL: 'off' }, open: at('/account', comeIn) },
  { name: 'old address to be kept', open: openUndoLink },
  {
    name: 'old address kept',
    async open(tab) {
      await openUndoLink(tab)
      await press(tab.page, 'Yes, keep my address')
    },
  },
  {
    name: 'link to keep the old address, too old',
    open: ({ page }) => page.goto('/undo-email-change?token=x'),
  },
]
