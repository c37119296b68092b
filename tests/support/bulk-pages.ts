import { randomUUIDv7 } from 'node:crypto'
import type { Page } from 'playwright-core'
import { fill, press, signIn } from './browser.ts'
import { addJob } from './jobs.ts'
import { at, LONG_EMAIL, LONG_NAME, LONG_USERNAME, type PageState, type Tab } from './page-state.ts'
import { addPerson } from './people.ts'

/** An administrator, and some people of whom one has the longest name. */
async function comeIn({ context, foyer: { db }, foyer }: Tab, crowd = 3) {
  const admin = await addPerson(db, 'mira.okafor', { role: 'admin' })
  await signIn(context, foyer, admin)
  const { user } = await addPerson(db, LONG_USERNAME, { email: LONG_EMAIL })
  await db.user.update({
    where: { id: user.id },
    data: { name: LONG_NAME, nameKey: LONG_NAME.toLowerCase() },
  })
  const rows = Array.from({ length: crowd }, (_, n) => ({
    ...{ id: randomUUIDv7(), username: `person${n}x`, usernameSkeleton: `person${n}x`, passwordHash: '' },
    passwordChangedAt: new Date(),
  }))
  await db.user.createMany({ data: rows })
  return { actorId: admin.user.id, ids: rows.map(({ id }) => id) }
}

/** Ticks everybody in the list, and goes on. */
async function selectAll(page: Page, deed: string) {
  await page.goto('/admin/users')
  for (const box of await page.locator('tbody input[name=id]').all()) await box.check()
  await page.locator('#do').selectOption(deed)
  await press(page, 'Continue')
}

/** A job with results of all kinds, more than a page of them. */
async function addLongJob(
  { foyer: { db } }: Tab,
  state: 'running' | 'paused' | 'done' | 'cancelled',
  crowd: Crowd,
) {
  const { actorId, ids } = await crowd
  const filter = {
    q: LONG_NAME,
    status: 'active',
    role: 'member',
    joined: 7,
    twoFactor: false,
    unconfirmed: true,
  }
  const asked = { actorId, filter, reason: 'w'.repeat(200), done: 1_234_567, refused: 1000, total: 9_999_999 }
  const id = await addJob(db, { ...asked, state, finishedAt: state === 'done' ? new Date() : null })
  const problem = 'That account isn’t active, so nothing was changed.'
  await db.jobResult.createMany({
    data: ids.map((userId, n) => ({
      id: randomUUIDv7(),
      jobId: id,
      userId,
      problem: n % 2 ? problem : null,
    })),
  })
  return `/admin/jobs/${id}`
}

type Crowd = ReturnType<typeof comeIn>

/** What is done to many people, in every state. */
export const bulkPages: PageState[] = [
  {
    name: 'many people to be suspended, but for you',
    async open(tab) {
      await comeIn(tab)
      await selectAll(tab.page, 'suspend')
    },
  },
  {
    name: 'many people to be suspended for a reason that is too long',
    rejected: true,
    async open(tab) {
      await comeIn(tab)
      await selectAll(tab.page, 'suspend')
      await fill(tab.page, { Reason: 'w'.repeat(201) })
      await press(tab.page, 'Suspend 4 people')
    },
  },
  {
    name: 'many people to be restored of whom nobody is suspended',
    async open(tab) {
      await comeIn(tab)
      await selectAll(tab.page, 'restore')
    },
  },
  {
    name: 'many people to be suspended of whom some are gone',
    async open(tab) {
      const { ids } = await comeIn(tab)
      await selectAll(tab.page, 'suspend')
      await tab.foyer.db.user.deleteMany({ where: { id: { in: ids.slice(0, 2) } } })
      await tab.page.reload()
    },
  },
  {
    name: 'nobody selected',
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/users')
      await press(tab.page, 'Continue')
    },
  },
  { name: 'nobody selected, in the address', open: at('/admin/users/selected', comeIn) },
  {
    name: 'many people changed, but for some',
    async open(tab) {
      const { ids } = await comeIn(tab)
      await selectAll(tab.page, 'suspend')
      await tab.foyer.db.user.update({ where: { id: ids[0] ?? '' }, data: { status: 'suspended' } })
      await press(tab.page, 'Suspend 4 people')
    },
  },
  { name: 'nobody to be changed', open: at('/admin/jobs/new?q=zzz', comeIn) },
  { name: 'everybody to be changed', open: at('/admin/jobs/new', comeIn) },
  {
    name: 'everybody who matches to be deleted for a reason that is too long',
    rejected: true,
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto(`/admin/jobs/new?do=delete&q=${LONG_NAME}&status=active&joined=7&twoFactor=off`)
      await fill(tab.page, { Reason: 'w'.repeat(201) })
      await press(tab.page, 'Delete everybody who matches')
    },
  },
  ...(['running', 'paused', 'done', 'cancelled'] as const).map((state) => ({
    name: `change to many people, ${state}`,
    async open(tab: Tab) {
      await tab.page.goto(await addLongJob(tab, state, comeIn(tab, 60)))
    },
  })),
  {
    name: 'change to many people just begun',
    async open(tab) {
      await comeIn(tab)
      await tab.page.goto('/admin/jobs/new?do=suspend')
      await press(tab.page, 'Suspend everybody')
    },
  },
  {
    name: 'changes to many people',
    async open(tab) {
      const crowd = comeIn(tab)
      for (const state of ['running', 'paused', 'done', 'cancelled'] as const)
        await addLongJob(tab, state, crowd)
      await tab.page.goto('/admin/jobs')
    },
  },
  { name: 'changes to many people, none', open: at('/admin/jobs', comeIn) },
]
