import { randomUUIDv7 } from 'node:crypto'
import { issueToken } from '../../src/accounts/token.ts'
import type { Invitation } from '../../src/db/generated/sqlite/client.ts'
import { days, fromNow } from '../../src/time.ts'
import { type Foyer, fill, press, signIn } from './browser.ts'
import { SMTP } from './mails.ts'
import {
  at,
  LONG_ERROR,
  LONG_USERNAME,
  LONGEST_EMAIL,
  OTHER_USERNAME,
  type PageState,
  type Tab,
} from './page-state.ts'
import { addPerson } from './people.ts'

const env = { SIGN_UP: 'invite', EMAIL: 'optional', ...SMTP }

async function comeIn({ context, foyer }: Tab) {
  const person = await addPerson(foyer.db, 'mira.okafor', { role: 'admin' })
  await signIn(context, foyer, person)
  return person.user
}

const add = ({ db }: Foyer, more: Partial<Invitation> = {}) =>
  db.invitation.create({
    data: {
      ...{
        id: randomUUIDv7(),
        address: LONGEST_EMAIL,
        addressKey: LONGEST_EMAIL,
        role: 'admin',
        usesLeft: 1,
      },
      ...{ createdBy: 'mira', expiresAt: fromNow(days(7)), ...more },
    },
  })

/** More than a page of them, in every state. */
async function addMany({ db }: Foyer) {
  const states = [
    {},
    { cancelledAt: fromNow(0) },
    { expiresAt: fromNow(-1) },
    { usesLeft: 0 },
    { address: null, addressKey: null, role: 'member' as const, usesLeft: 999 },
  ]
  for (let i = 0; i < 60; i++) {
    const { id } = await add({ db } as Foyer, states[i % 6] ?? {})
    if (i === 58) {
      const { user } = await addPerson(db, LONG_USERNAME)
      await db.user.update({ where: { id: user.id }, data: { invitationId: id } })
    }
    if (i % 6 === 5) {
      const failed = { state: 'failed', lastError: LONG_ERROR, dueAt: fromNow(0) } as const
      const mail = { kind: 'invitation', address: LONGEST_EMAIL, facts: { invitation: id }, ...failed }
      await db.mail.create({ data: mail })
    }
  }
}

/** A visitor who has opened the link of an invitation. */
async function openLink({ page, foyer }: Tab, more: Partial<Invitation> = {}) {
  const { user } = await addPerson(foyer.db, LONG_USERNAME, { role: 'admin' })
  const { id, expiresAt } = await add(foyer, { createdBy: user.id, ...more })
  const { token } = await issueToken(foyer.db, 'invite', expiresAt, { invitationId: id })
  await page.goto(`/register?invite=${token}`)
}

/** The pages about invitations, and those on which administrators make accounts for others. */
export const invitationPages: PageState[] = [
  { name: 'sign-up by invitation only', env, open: ({ page }) => page.goto('/register') },
  { name: 'sign-up of somebody invited', env, open: (tab) => openLink(tab) },
  {
    name: 'sign-up of somebody invited, with everything wrong',
    env,
    rejected: true,
    async open(tab) {
      await openLink(tab)
      await press(tab.page, 'Create account')
    },
  },
  { name: 'invitation that is used up', env, open: (tab) => openLink(tab, { usesLeft: 0 }) },
  {
    name: 'invitation opened by somebody who is signed in',
    env,
    async open(tab) {
      await signIn(tab.context, tab.foyer, await addPerson(tab.foyer.db, OTHER_USERNAME))
      await openLink(tab)
    },
  },
  { name: 'invites, none for an address', env, open: at('/admin/invites?address=lea@example.fr', comeIn) },
  { name: 'invites, none so far', env, open: at('/admin/invites', comeIn) },
  {
    name: 'invites, more than a page',
    env,
    async open(tab) {
      await comeIn(tab)
      await addMany(tab.foyer)
      await tab.page.goto('/admin/invites')
    },
  },
  {
    name: 'invites, sign-up closed',
    env: { ...env, SIGN_UP: 'closed' },
    async open(tab) {
      await comeIn(tab)
      await addMany(tab.foyer)
      await tab.page.goto('/admin/invites')
    },
  },
  {
    name: 'invitation just sent',
    env,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/invites')
      await fill(tab.page, { 'Email addresses': 'lea@example.fr' })
      await press(tab.page, 'Send invitations')
    },
  },
  {
    name: 'invitation that stays, without a mail server',
    env: { SIGN_UP: 'invite' },
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/invites')
      await fill(tab.page, { 'Email addresses': LONGEST_EMAIL })
      await press(tab.page, 'Send invitations')
    },
  },
  {
    name: 'invites with addresses that are none',
    env,
    rejected: true,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/invites/new')
      await fill(tab.page, { 'Email addresses': `${'w'.repeat(300)}\n${'v'.repeat(300)}` })
      await press(tab.page, 'Send invitations')
    },
  },
  {
    name: 'invitation to be cancelled',
    env,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto(`/admin/invites/${(await add(tab.foyer)).id}/cancel`)
    },
  },
  {
    name: 'invitation to be sent again',
    env,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto(`/admin/invites/${(await add(tab.foyer)).id}/send-again`)
    },
  },
  {
    name: 'invitation link with a wrong number',
    env,
    rejected: true,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/invites/link')
      await fill(tab.page, { 'How many people may use it': 'many' })
      await press(tab.page, 'Make the link')
    },
  },
  {
    name: 'invitation link made',
    env,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/invites/link')
      await press(tab.page, 'Make the link')
    },
  },
  {
    name: 'invitation link made already',
    env,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/invites/link')
      const id = await tab.page.locator('input[name=id]').getAttribute('value')
      await add(tab.foyer, { id: id ?? '' })
      await press(tab.page, 'Make the link')
    },
  },
  { name: 'account for somebody else', env, open: at('/admin/users/new', comeIn) },
  {
    name: 'account for somebody else, with everything wrong',
    env,
    rejected: true,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/users/new')
      await fill(tab.page, { 'Email address (optional)': LONG_USERNAME, Username: `${LONG_USERNAME}w` })
      await press(tab.page, 'Make the account')
    },
  },
  {
    name: 'account made, link to hand over',
    env,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/users/new')
      await fill(tab.page, { Username: LONG_USERNAME })
      await press(tab.page, 'Make the account')
    },
  },
]
