import { newDevice } from '../../src/accounts/known-device.ts'
import { newSession } from '../../src/accounts/session.ts'
import { press, signIn } from './browser.ts'
import { at, type PageState, type Tab } from './page-state.ts'
import { addPerson, source } from './people.ts'

/** The longest address there may be, and the longest name of a browser. */
const elsewhere = {
  ...source,
  ip: '2001:0db8:aaaa:bbbb:cccc:dddd:eeee:ffff',
  userAgent: 'SamsungBrowser/28.0 CrOS iPhone Android',
}

/** Somebody who is signed in here and on a phone that is let off the second step. */
async function comeIn({ context, foyer }: Tab) {
  const person = await addPerson(foyer.db, 'ana.silva')
  const device = newDevice(person.user.id, true).row
  const session = newSession(person.user, true, elsewhere, { deviceId: device.id }).row
  await foyer.db.device.create({ data: device })
  await foyer.db.session.create({ data: session })
  await signIn(context, foyer, person)
  return {
    user: person.user,
    end: `/account/sessions/${session.id}/end`,
    here: `/account/sessions/${person.sessionId}/end`,
  }
}

/** Two pages of what happened, and the second of them opened. */
async function openOlderEvents(tab: Tab) {
  const { user } = await comeIn(tab)
  const { ip, userAgent, requestId, via } = elsewhere
  const entries = Array.from({ length: 70 }, (_, i) => ({
    ...{ event: i % 2 ? 'user.suspended' : 'session.started', actor: i % 2 ? 'cli:root' : user.id },
    ...{ subjectId: user.id, ip, userAgent, requestId, via },
    ...(i % 2 && { detail: { reason: 'W'.repeat(200) } }),
  }))
  await tab.foyer.db.auditEvent.createMany({ data: entries })
  await tab.page.goto('/account/activity')
  await tab.page.getByRole('link', { name: 'Older' }).click()
}

/** The devices on the account page, and what is asked before they are signed out; what happened. */
export const sessionPages: PageState[] = [
  { name: 'account, with another device', open: at('/account', comeIn) },
  {
    name: 'account, another device signed out',
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/account')
      await press(tab.page, 'Sign out of all other devices')
    },
  },
  {
    name: 'another device to be signed out',
    async open(tab) {
      await tab.page.goto((await comeIn(tab)).end)
    },
  },
  { name: 'all other devices to be signed out', open: at('/account/sessions/end-others', comeIn) },
  {
    name: 'the device at hand, not to be signed out there',
    async open(tab) {
      await tab.page.goto((await comeIn(tab)).here)
    },
  },
  { name: 'activity, nothing yet', open: at('/account/activity', comeIn) },
  { name: 'activity, older', open: openOlderEvents },
]
