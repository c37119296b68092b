import { heldNameHash } from '../../src/accounts/held-name.ts'
import { days, fromNow } from '../../src/time.ts'
import { fill, press, signIn } from './browser.ts'
import { at, LONG_USERNAME, OTHER_USERNAME, type PageState, type Tab } from './page-state.ts'
import { addPerson } from './people.ts'

async function comeIn({ context, foyer }: Tab) {
  const person = await addPerson(foyer.db, LONG_USERNAME)
  await signIn(context, foyer, person)
  return person.user
}

async function rename({ page }: Tab, username: string) {
  await page.goto('/account/username')
  await fill(page.locator('#r-username'), { Username: username })
  await press(page, 'Save username')
}

/** The account page with its username, language and region, and all that is kept about somebody. */
export const profilePages: PageState[] = [
  {
    name: 'account, its username changed',
    async open(tab) {
      await comeIn(tab)
      await rename(tab, OTHER_USERNAME)
    },
  },
  {
    name: 'account, its username not to be changed again yet',
    rejected: true,
    async open(tab) {
      const { id: userId } = await comeIn(tab)
      const held = { nameHash: heldNameHash('before'), userId, heldUntil: fromNow(days(30)) }
      await tab.foyer.db.heldName.create({ data: held })
      await rename(tab, 'ana.silva')
    },
  },
  { name: 'account, its language and region', open: at('/account/language', comeIn) },
  {
    name: 'account, a time zone that is none',
    rejected: true,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/account/language')
      const option = tab.page.locator('option[value="Pacific/Kanton"]')
      await option.evaluate((element: HTMLOptionElement) => (element.value = 'Mars'))
      await tab.page.getByLabel('Time zone').selectOption('Mars')
      await press(tab.page, 'Save language and region')
    },
  },
  { name: 'your data', open: at('/account/data', comeIn) },
  {
    name: 'your data, to be read',
    async open(tab) {
      const { id: userId } = await comeIn(tab)
      const held = { nameHash: heldNameHash('before'), userId, heldUntil: fromNow(days(30)) }
      await tab.foyer.db.heldName.create({ data: held })
      await tab.page.goto('/account/data')
      await press(tab.page, 'Read it')
    },
  },
]
