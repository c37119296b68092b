import { loadSettings } from '../../src/accounts/settings.ts'
import { fill, press, signIn } from './browser.ts'
import { at, type PageState, type Tab } from './page-state.ts'
import { addPerson } from './people.ts'

const LONG = 'w'.repeat(60)
const LONG_BRAND = `${'w'.repeat(50)} – Foyer`
const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="red" d="M1 1h6v6z"/></svg>'
const TERMS = `# ${LONG}\n\nBe kind to ${'w'.repeat(90)}, and to each other.\n\n- One\n- https://example.org/${LONG}`

/** An administrator who goes to a section of the settings. */
async function comeIn({ context, foyer, page }: Tab, section = '') {
  await signIn(context, foyer, await addPerson(foyer.db, 'mira.okafor', { role: 'admin' }))
  await page.goto(`/admin/settings${section}`)
}

/** What administrators have set, before anybody looks. */
async function set({ foyer }: Tab, settings: Record<string, string>, terms?: string) {
  const at = new Date()
  const rows = Object.entries(settings).map(([name, value]) => ({ name, value, updatedAt: at }))
  await foyer.db.setting.createMany({ data: rows })
  if (terms) await foyer.db.terms.create({ data: { version: 1, text: terms, createdAt: at } })
  await loadSettings(foyer)
}

const BRAND = { BRAND_NAME: LONG_BRAND, BRAND_COLOR: '#ffee00', LAMP_COLOR: '#ff0000', LOGO }

/** The settings, and what they do to other pages. */
export const settingsPages: PageState[] = [
  { name: 'settings', open: (tab) => comeIn(tab) },
  {
    name: 'settings, all of them set, some by the environment',
    env: { EMAIL: 'required', BLOCKED_EMAIL_DOMAINS: 'example.com', HOLD_NAMES_DAYS: '365' },
    async open(tab) {
      await set(tab, { ...BRAND, SIGN_UP: 'closed', PRIVACY: TERMS, KEEP_MAILS_DAYS: '3' })
      await comeIn(tab)
    },
  },
  {
    name: 'settings, domains that anybody may give',
    async open(tab) {
      await set(tab, { ALLOWED_EMAIL_DOMAINS: 'example.org' })
      await comeIn(tab, '/domains')
    },
  },
  ...['brand', 'logo', 'sign-up', 'privacy', 'retention', 'terms'].map((section) => ({
    name: `settings, ${section}`,
    open: (tab: Tab) => comeIn(tab, `/${section}`),
  })),
  {
    name: 'settings, fixed by the environment',
    env: { BRAND_NAME: LONG_BRAND, BRAND_URL: `https://example.org/${LONG}`, SIGN_UP: 'closed' },
    open: (tab) => comeIn(tab, '/brand'),
  },
  {
    name: 'settings, everything wrong',
    rejected: true,
    async open(tab) {
      await comeIn(tab, '/brand')
      await fill(tab.page, { Name: 'w'.repeat(70), 'Brand colour': 'red', 'Second colour': LONG })
      await press(tab.page, 'Save')
    },
  },
  {
    name: 'settings saved',
    async open(tab) {
      await comeIn(tab, '/retention')
      await press(tab.page, 'Save')
    },
  },
  {
    name: 'settings, no drawing',
    rejected: true,
    async open(tab) {
      await comeIn(tab, '/logo')
      await fill(tab.page, { 'Logo, as SVG': LONG })
      await press(tab.page, 'Save')
    },
  },
  {
    name: 'sign-up with a brand, a logo and terms',
    open: at('/register', (tab) => set(tab, { ...BRAND, PRIVACY: TERMS }, TERMS)),
  },
  {
    name: 'sign-up without agreeing to the terms',
    rejected: true,
    async open(tab) {
      await set(tab, {}, TERMS)
      await tab.page.goto('/register')
      await press(tab.page, 'Create account')
    },
  },
  { name: 'terms', open: at('/terms', (tab) => set(tab, {}, TERMS)) },
  {
    name: 'terms to agree to',
    async open(tab) {
      await set(tab, {}, TERMS)
      await signIn(tab.context, tab.foyer, await addPerson(tab.foyer.db, 'ana.silva'))
      await tab.page.goto('/account')
    },
  },
  {
    name: 'terms agreed to',
    async open(tab) {
      await set(tab, {}, TERMS)
      await signIn(tab.context, tab.foyer, await addPerson(tab.foyer.db, 'ana.silva'))
      await tab.page.goto('/account')
      await press(tab.page, 'I agree')
      await tab.page.goto('/account/terms')
    },
  },
]
