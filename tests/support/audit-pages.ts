import { randomUUID } from 'node:crypto'
import { eventNames } from '../../src/accounts/audit/event-words.ts'
import { press, signIn } from './browser.ts'
import { at, LONG_EMAIL, LONG_USERNAME, OTHER_USERNAME, type PageState, type Tab } from './page-state.ts'
import { addPerson } from './people.ts'

const INVITATION = randomUUID()

/** An administrator with the longest name, and everything that can happen to somebody with another, the longest reason with it. */
async function comeIn({ context, foyer }: Tab, { crowded = false } = {}) {
  const ada = await addPerson(foyer.db, LONG_USERNAME, { role: 'admin' })
  await signIn(context, foyer, ada)
  const { user } = await addPerson(foyer.db, OTHER_USERNAME)
  const actors = [ada.user.id, user.id, `cli:${LONG_USERNAME}`, 'foyer', 'visitor', `erased:${randomUUID()}`]
  const data = eventNames.map((event, n) => ({
    ...{ event, actor: actors[n % 6] ?? 'foyer', subjectId: user.id, via: n % 6 === 2 ? 'cli' : 'html' },
    ...{ ip: n % 6 === 5 ? null : '2001:db8:85a3:1111:2222:8a2e:370:7334' },
    detail: { reason: 'W'.repeat(200), invitation: INVITATION },
  }))
  const address = LONG_EMAIL
  const invited = { id: INVITATION, address, role: 'member', usesLeft: 1, createdBy: ada.user.id } as const
  await foyer.db.invitation.create({ data: { ...invited, expiresAt: new Date() } })
  if (crowded) await foyer.db.auditEvent.createMany({ data: [...data, ...data] })
}

/** The audit log, in every state. */
export const auditPages: PageState[] = [
  {
    name: 'audit log, more than a page',
    async open(tab) {
      await comeIn(tab, { crowded: true })
      await tab.page.goto('/admin/audit?action=account')
      await tab.page.getByRole('link', { name: 'Older' }).click()
      await tab.page.waitForURL(/after=/)
    },
  },
  {
    name: 'audit log, nothing found',
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto(`/admin/audit?who=${'W'.repeat(254)}&action=signing-in&from=2026-01-01`)
    },
  },
  {
    name: 'audit log, with days that are none',
    rejected: true,
    open: at('/admin/audit?from=2026-11-23&to=22/11/2026', comeIn),
  },
  {
    name: 'audit log, searched',
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/audit')
      await press(tab.page, 'Search')
    },
  },
]
