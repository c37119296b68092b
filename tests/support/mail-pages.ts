import { post } from '../../src/mail/outbox.ts'
import { press, signIn } from './browser.ts'
import { row, SMTP } from './mails.ts'
import { LONG_ERROR, LONG_USERNAME, LONGEST_EMAIL, type PageState, type Tab } from './page-state.ts'
import { addPerson, source } from './people.ts'

const STATES = ['waiting', 'sent', 'failed', 'withheld'] as const

/** An administrator, and a mail to somebody with the longest name and address. */
async function comeIn({ context, foyer: { db }, foyer }: Tab, change: object = {}) {
  const member = await addPerson(db, LONG_USERNAME, { email: LONGEST_EMAIL })
  await signIn(context, foyer, await addPerson(db, 'mira.okafor', { role: 'admin' }))
  const to = { address: LONGEST_EMAIL, userId: member.user.id }
  const mail = await post(db, 'reset-password', to, source)
  await db.mail.update({ where: mail, data: change })
  return { member: member.user, path: `/admin/mail/${mail.id}` }
}

/** More than a page of mails in every state, tried in vain for a long time. */
async function addMails({ foyer: { db } }: Tab, userId: string) {
  const mails = Array.from({ length: 60 }, (_, i) =>
    row(i, {
      ...{ address: LONGEST_EMAIL, userId: i % 2 ? userId : null, state: STATES[i % 4] ?? 'sent' },
      ...(i % 4 > 1 && { lastError: LONG_ERROR, attempts: 75 }),
      createdAt: new Date(Date.now() - 3_600_000),
    }),
  )
  await db.mail.createMany({ data: mails })
}

/** The administrators' pages about mails, in every state. */
export const mailPages: PageState[] = [
  {
    name: 'mails, none so far',
    env: SMTP,
    async open({ context, foyer, page }) {
      await signIn(context, foyer, await addPerson(foyer.db, 'mira.okafor', { role: 'admin' }))
      await page.goto('/admin/mail')
    },
  },
  {
    name: 'mails, more than a page, without a mail server',
    async open(tab) {
      const { member } = await comeIn(tab)
      await addMails(tab, member.id)
      await tab.page.goto('/admin/mail')
      await tab.page.getByRole('link', { name: 'Older' }).click()
      await tab.page.waitForURL(/after=/)
    },
  },
  {
    name: 'mails to someone, none in that state',
    env: SMTP,
    async open(tab) {
      const { member } = await comeIn(tab)
      await tab.page.goto(`/admin/mail?user=${member.id}&state=failed`)
    },
  },
  {
    name: 'someone, with mails',
    env: SMTP,
    async open(tab) {
      const { member } = await comeIn(tab)
      await addMails(tab, member.id)
      await tab.page.goto(`/admin/users/${member.id}`)
    },
  },
  {
    name: 'overview, mails stuck',
    env: SMTP,
    async open(tab) {
      const { member } = await comeIn(tab)
      await addMails(tab, member.id)
      await tab.page.goto('/admin')
    },
  },
  {
    name: 'mail waiting, without a mail server',
    async open(tab) {
      const { path } = await comeIn(tab, { attempts: 3, lastError: LONG_ERROR })
      await tab.page.goto(path)
    },
  },
  {
    name: 'mail failed',
    env: SMTP,
    async open(tab) {
      const { path } = await comeIn(tab, { state: 'failed', attempts: 12, lastError: LONG_ERROR })
      await tab.page.goto(path)
    },
  },
  {
    name: 'mail not needed any more',
    async open(tab) {
      const { path } = await comeIn(tab, { kind: 'verify-email', state: 'sent', sentAt: new Date() })
      await tab.page.goto(path)
    },
  },
  {
    name: 'mail put up to be sent again',
    env: SMTP,
    async open(tab) {
      const { path } = await comeIn(tab, { state: 'sent', sentAt: new Date() })
      await tab.page.goto(path)
      await press(tab.page, 'Send again')
    },
  },
  {
    name: 'mail opened with its link',
    async open(tab) {
      const { path } = await comeIn(tab)
      await tab.page.goto(path)
      await press(tab.page, 'Open with its link')
    },
  },
]
