import { days, fromNow } from '../../src/time.ts'
import { press, signIn } from './browser.ts'
import { at, LONG_USERNAME, logIn, OTHER_USERNAME, type PageState, type Tab } from './page-state.ts'
import { addPerson } from './people.ts'

async function comeIn({ context, foyer }: Tab, role: 'member' | 'admin' = 'member') {
  const person = await addPerson(foyer.db, LONG_USERNAME, { role })
  await signIn(context, foyer, person)
}

/** Somebody whose account closes in some days. */
async function addClosing({ foyer: { db } }: Tab, username: string) {
  const { user } = await addPerson(db, username, { status: 'closing' })
  await db.user.update({ where: { id: user.id }, data: { closesAt: fromNow(days(6)) } })
  return user
}

async function close(tab: Tab) {
  await tab.page.goto('/account/delete')
  await press(tab.page, 'Delete my account')
}

async function comeBack(tab: Tab) {
  await addClosing(tab, LONG_USERNAME)
  await logIn(tab.page, { path: '/login?return_to=/account/name' })
}

/** Where an account is closed, and where it is kept after all. */
export const deletionPages: PageState[] = [
  { name: 'account to be deleted', open: at('/account/delete', comeIn) },
  {
    name: 'account that closes',
    async open(tab) {
      await comeIn(tab)
      await close(tab)
    },
  },
  {
    name: 'account of the last administrator',
    async open(tab) {
      await comeIn(tab, 'admin')
      await close(tab)
    },
  },
  { name: 'account to be kept', open: comeBack },
  {
    name: 'account kept',
    async open(tab) {
      await comeBack(tab)
      await press(tab.page, 'Keep my account')
    },
  },
  { name: 'account to be kept, too late', open: ({ page }) => page.goto('/keep-account') },
  {
    name: 'someone whose account closes',
    async open(tab) {
      const { id } = await addClosing(tab, OTHER_USERNAME)
      await comeIn(tab, 'admin')
      await tab.page.goto(`/admin/users/${id}`)
    },
  },
]
