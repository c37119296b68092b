import { fill, press, signIn } from './browser.ts'
import { at, type PageState, type Tab } from './page-state.ts'
import { addPerson } from './people.ts'
import { SoftwarePasskey, storePasskey } from './software-passkey.ts'

const LONG_NAME = 'W'.repeat(60)

/** Somebody signed in, with so many passkeys; by `hash` with none or another password. */
async function comeIn({ context, foyer }: Tab, passkeys: number, hash?: string) {
  const traits = { email: 'ana@example.org', ...(hash !== undefined && { hash }) }
  const person = await addPerson(foyer.db, 'ana.silva', traits)
  const ids = []
  for (let i = 0; i < passkeys; i++) {
    const user = await foyer.db.user.findUniqueOrThrow({ where: { id: person.user.id } })
    const traits = { name: LONG_NAME, backedUp: i > 0, lastUsedAt: i > 0 ? new Date() : null }
    ids.push((await storePasskey(foyer.db, user, new SoftwarePasskey(), traits)).id)
  }
  await signIn(context, foyer, person)
  return { person, ids, first: `/account/passkeys/${ids[0]}` }
}

/** Sends the form that only a script would send, as one that has nothing to say. */
async function sendEmpty({ page }: Tab, path: string) {
  await page.goto(path)
  const arrived = page.waitForEvent('domcontentloaded')
  await page.evaluate(() => document.querySelector<HTMLFormElement>('[data-passkey]')?.submit())
  await arrived
}

/** The passkeys of a member, where they sign in and confirm by one, and the account without a password. */
export const passkeyPages: PageState[] = [
  { name: 'passkeys, none yet', open: at('/account/passkeys', (tab) => comeIn(tab, 0)) },
  { name: 'passkeys', open: at('/account/passkeys', (tab) => comeIn(tab, 2)) },
  {
    name: 'passkeys, the new one not taken',
    rejected: true,
    async open(tab) {
      await comeIn(tab, 2)
      await sendEmpty(tab, '/account/passkeys')
    },
  },
  {
    name: 'passkey to be renamed',
    async open(tab) {
      const { first } = await comeIn(tab, 1)
      await tab.page.goto(`${first}/rename`)
    },
  },
  {
    name: 'passkey with a name that is too long',
    rejected: true,
    async open(tab) {
      const { first } = await comeIn(tab, 1)
      await tab.page.goto(`${first}/rename`)
      await fill(tab.page, { Name: `${LONG_NAME}W` })
      await press(tab.page, 'Save name')
    },
  },
  {
    name: 'passkey to be removed',
    async open(tab) {
      const { first } = await comeIn(tab, 1)
      await tab.page.goto(`${first}/remove`)
    },
  },
  {
    name: 'passkey removed',
    async open(tab) {
      const { first } = await comeIn(tab, 2)
      await tab.page.goto(`${first}/remove`)
      await press(tab.page, 'Remove it')
    },
  },
  {
    name: 'passkey that is the only way in',
    async open(tab) {
      const { first } = await comeIn(tab, 1, '')
      await tab.page.goto(`${first}/remove`)
      await press(tab.page, 'Remove it')
    },
  },
  { name: 'sign-in by a passkey, not taken', rejected: true, open: (tab) => sendEmpty(tab, '/login') },
  { name: 'confirming by a passkey or the password', open: at('/account/confirm', (tab) => comeIn(tab, 1)) },
  {
    name: 'confirming before a form goes on',
    async open(tab) {
      const { first } = await comeIn(tab, 1)
      await tab.page.goto(`${first}/rename`)
      await tab.foyer.db.session.updateMany({ data: { provenAt: null } })
      await press(tab.page, 'Save name')
    },
  },
  {
    name: 'confirming before a form goes on, mistyped',
    rejected: true,
    async open(tab) {
      const { first } = await comeIn(tab, 1)
      await tab.page.goto(`${first}/remove`)
      await tab.foyer.db.session.updateMany({ data: { provenAt: null } })
      await press(tab.page, 'Remove it')
      await press(tab.page, 'Continue')
    },
  },
  {
    name: 'confirming by a passkey alone, not taken',
    rejected: true,
    async open(tab) {
      await comeIn(tab, 1, '')
      await sendEmpty(tab, '/account/confirm')
    },
  },
  { name: 'account with passkeys', open: at('/account/password', (tab) => comeIn(tab, 2)) },
  { name: 'account without a password', open: at('/account/password', (tab) => comeIn(tab, 1, '')) },
  { name: 'password to be removed', open: at('/account/password/remove', (tab) => comeIn(tab, 2)) },
  { name: 'password that is needed', open: at('/account/password/remove', (tab) => comeIn(tab, 0)) },
]
