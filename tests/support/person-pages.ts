import { newSession } from '../../src/accounts/session.ts'
import { days, fromNow } from '../../src/time.ts'
import { addAuthenticator } from './authenticator.ts'
import { fill, press, signIn } from './browser.ts'
import { LONG_EMAIL, OTHER_USERNAME, type PageState, type Tab } from './page-state.ts'
import { addPerson, source } from './people.ts'

const LONG = 'W'.repeat(100)

/** An administrator or support who looks, and a member of whom there is all that can be. */
async function comeIn({ context, foyer }: Tab, { as = 'admin' }: { as?: 'admin' | 'support' } = {}) {
  const { db, app } = foyer
  const you = await addPerson(db, 'mira.okafor', { role: as })
  await signIn(context, foyer, you)
  const { user, sessionId } = await addPerson(db, OTHER_USERNAME, { email: LONG_EMAIL })
  await addAuthenticator(app, user)
  const phone = { ...source, userAgent: 'SamsungBrowser/28.0 CrOS iPhone Android' }
  await db.session.create({ data: newSession(user, true, phone).row })
  const invitation = await db.invitation.create({
    data: { role: 'member', usesLeft: 0, createdBy: you.user.id, expiresAt: fromNow(days(1)) },
  })
  const request = { userId: user.id, askedAt: fromNow(0), ip: '2001:0db8:aaaa:bbbb:cccc:dddd:eeee:ffff' }
  await db.signUpRequest.create({ data: { ...request, network: '2001:db8::/64' } })
  const data = { name: LONG, language: 'en-US', timeZone: 'America/Argentina/ComodRivadavia' }
  const more = { ...data, invitationId: invitation.id, newEmail: `${'v'.repeat(64)}@example.org` }
  await db.user.update({ where: { id: user.id }, data: more })
  return { id: user.id, sessionId, page: `/admin/users/${user.id}` }
}

/** A question about the person, with something typed into it that is refused. */
const refused = (name: string, action: string, typed: Record<string, string>, button: string): PageState => ({
  name,
  rejected: true,
  async open(tab) {
    const { page } = await comeIn(tab)
    await tab.page.goto(`${page}/${action}`)
    await fill(tab.page, typed)
    await press(tab.page, button)
  },
})

const question = (name: string, path: string): PageState => ({
  name,
  async open(tab) {
    const { page, sessionId } = await comeIn(tab)
    await tab.page.goto(`${page}/${path.replace(':session', sessionId)}`)
  },
})

/** One person as administrators and support see them, and what is asked before something is done to them. */
export const personPages: PageState[] = [
  {
    name: 'someone of whom there is everything, with all that can be done',
    async open(tab) {
      const { page } = await comeIn(tab)
      await tab.page.goto(page)
      for (const summary of await tab.page.locator('details.confirm summary').all()) await summary.click()
      await tab.page.locator('h1').click()
      await tab.page.evaluate('document.activeElement.blur()')
    },
  },
  {
    name: 'someone, as support sees them',
    async open(tab) {
      const { page } = await comeIn(tab, { as: 'support' })
      await tab.page.goto(page)
    },
  },
  {
    name: 'an administrator, as support sees them',
    async open(tab) {
      await comeIn(tab, { as: 'support' })
      const { user } = await addPerson(tab.foyer.db, 'ada.admin', { role: 'admin' })
      await tab.page.goto(`/admin/users/${user.id}`)
    },
  },
  {
    name: 'someone suspended until a day',
    async open(tab) {
      const { page, id } = await comeIn(tab)
      const data = { status: 'suspended', suspendedUntil: fromNow(days(30)) } as const
      await tab.foyer.db.user.update({ where: { id }, data })
      await tab.page.goto(page)
    },
  },
  {
    name: 'someone just deleted',
    async open(tab) {
      const { page } = await comeIn(tab)
      await tab.page.goto(`${page}/delete`)
      await press(tab.page, `Delete ${OTHER_USERNAME}`)
    },
  },
  question('change of a role to be confirmed', 'role'),
  question('lifting of a suspension that there isn’t', 'restore'),
  question('end of one session to be confirmed', 'sessions/:session/end'),
  question('copy of somebody’s data to be confirmed', 'data'),
  refused(
    'suspension until no day',
    'suspend',
    { 'Until (optional)': '2020-01-01' },
    `Suspend ${OTHER_USERNAME}`,
  ),
  refused(
    'change of a username to one that is taken',
    'username',
    { 'New username': 'mira.okafor' },
    'Change the username',
  ),
  refused('change of an address to none', 'email', { 'New email address': 'x' }, 'Change the address'),
  refused(
    'copy of somebody’s data for too long a reason',
    'data',
    { Reason: 'w'.repeat(201) },
    'Download the file',
  ),
  refused('change of a role to the one they have', 'role', { Reason: 'again' }, 'Change the role'),
]
