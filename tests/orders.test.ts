import { expect, test } from 'vitest'
import type { Db } from '../src/db/client.ts'
import { startApp } from './support/app.ts'
import fc from './support/fast-check.ts'
import { codeIn, linkIn, mailOf } from './support/mailbox.ts'
import type { App } from './support/requests.ts'
import type { Visitor } from './support/visitor.ts'

const PASSWORDS = ['four-words-of-one', 'four-words-of-two']

/** Somebody with two browsers and two mailboxes of their own, who tries whatever comes to mind. */
type Person = { name: string; mailboxes: string[]; browsers: Visitor[]; mails: { text: string }[] }

type Scene = { me: Person; other: Person; browser: Visitor; n: number }

const pick = <Item>(items: readonly Item[], n: number) => items[n % items.length] as Item
const password = (n: number) => pick(PASSWORDS, n)

/** Opens one of the links for a purpose that were ever mailed to somebody, and presses on with it. */
async function use({ me, browser, n }: Scene, purpose: string, form: Record<string, string> = {}) {
  const links = me.mails.filter(({ text }) => text.includes(`/${purpose}?token=`)).map(linkIn)
  if (!links.length) return
  await browser.visit(pick(links, n))
  await browser.request('POST', `/${purpose}`, form)
}

const STEPS: Record<string, (scene: Scene) => Promise<unknown>> = {
  'signs up': ({ me, browser, n }) =>
    browser.request('POST', '/register', {
      username: `${me.name}.n${n % 3}x`,
      email: pick(me.mailboxes, n),
      password: password(n),
    }),
  'signs up with an address of the other': ({ me, other, browser, n }) =>
    browser.request('POST', '/register', {
      username: `${me.name}.n${n % 3}x`,
      email: pick(other.mailboxes, n),
      password: password(n),
    }),
  'has the mail sent again': ({ me, browser, n }) =>
    browser.request('POST', '/register/resend', { email: pick(me.mailboxes, n) }),
  'corrects the address to one of the other': ({ other, browser, n }) =>
    browser.request('POST', '/register/resend', { email: pick(other.mailboxes, n) }),
  'types a code': ({ me, browser, n }) =>
    browser.request('POST', '/register/check-email', {
      code: pick([...me.mails.map(codeIn).filter(Boolean), '123456'], n),
    }),
  confirms: (scene) => use(scene, 'verify-email'),
  'signs in by name': ({ me, browser, n }) =>
    browser.request('POST', '/login', { login: `${me.name}.n${n % 3}x`, password: password(n >> 2) }),
  'signs in by address': ({ me, browser, n }) =>
    browser.request('POST', '/login', { login: pick(me.mailboxes, n), password: password(n >> 2) }),
  'forgets the password': ({ me, browser, n }) =>
    browser.request('POST', '/forgot-password', { email: pick(me.mailboxes, n) }),
  'asks for the other’s password': ({ other, browser, n }) =>
    browser.request('POST', '/forgot-password', { email: pick(other.mailboxes, n) }),
  'resets the password': (scene) => use(scene, 'reset-password', { password: password(scene.n) }),
  'changes the address': ({ me, browser, n }) =>
    browser.request('POST', '/account/email', { email: pick(me.mailboxes, n), current: password(n >> 2) }),
  'changes it to one of the other': ({ other, browser, n }) =>
    browser.request('POST', '/account/email', { email: pick(other.mailboxes, n), current: password(n >> 2) }),
  'cancels the change': ({ browser }) => browser.request('POST', '/account/email/cancel', {}),
  'undoes the change': (scene) => use(scene, 'undo-email-change'),
  'changes the password': ({ browser, n }) =>
    browser.request('POST', '/account/password', { current: password(n), password: password(n + 1) }),
  'signs out': ({ browser }) => browser.request('POST', '/logout', {}),
}

const orders = fc.array(
  fc.record({
    who: fc.nat(1),
    browser: fc.nat(1),
    step: fc.constantFrom(...Object.keys(STEPS)),
    n: fc.nat(15),
  }),
  { minLength: 25, maxLength: 40, size: 'max' },
)

async function deliverTo(people: Person[], app: App) {
  for (const mail of await mailOf(app))
    people.find(({ mailboxes }) => mailboxes.includes(mail.to))?.mails.push(mail)
}

/** What must hold whatever anybody does in whatever order. */
async function expectNobodyGained(db: Db, [one, two]: [Person, Person]) {
  for (const [me, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const accounts = await db.user.findMany({
      where: { username: { startsWith: `${me.name}.` } },
      include: { sessions: true },
    })
    for (const { status, provenEmailKey, newEmail, sessions } of accounts) {
      expect(other.mailboxes).not.toContain(provenEmailKey)
      if (status === 'pending') expect([sessions, provenEmailKey]).toEqual([[], null])
      else expect(provenEmailKey).not.toBeNull()
      if (newEmail) expect(provenEmailKey).not.toBeNull()
    }
    for (const browser of me.browsers) {
      const answer = await browser.json('GET', '/account')
      if (answer.statusCode === 200) expect(answer.json().account.username).toMatch(`${me.name}.`)
    }
  }
}

test('in whatever order two people sign up, confirm, forget, reset, change and undo, neither gets what is the other’s', async () => {
  const { app, db, visitor } = await startApp({ EMAIL: 'required' })
  const statuses = new Map<string, number>()
  let round = 0
  await fc.assert(
    fc.asyncProperty(orders, async (order) => {
      round++
      const person = (name: string, n: number): Person => ({
        name: `${name}${round}`,
        mailboxes: [`${name}${round}@example.org`, `${name}${round}.too@example.org`],
        browsers: [visitor({ ip: `10.${n}.${round}.1` }), visitor({ ip: `10.${n}.${round}.2` })],
        mails: [],
      })
      const people: [Person, Person] = [person('vera', 1), person('xaver', 2)]
      for (const { who, browser: at, step, n } of order) {
        await db.throttle.deleteMany()
        const [me, other] = who ? people : ([people[1], people[0]] as const)
        const browser = pick(me.browsers, at)
        await STEPS[step]?.({ me, other, browser, n })
        const { statusCode = 0 } = browser.answer ?? {}
        expect(statusCode, step).toBeLessThan(500)
        statuses.set(`${step} ${statusCode}`, (statuses.get(`${step} ${statusCode}`) ?? 0) + 1)
        await deliverTo(people, app)
        await expectNobodyGained(db, people)
      }
    }),
    // The same orders each time, so that what must have happened below has.
    { numRuns: 12, seed: 20261122, endOnFailure: true },
  )
  // It did happen, and not only fail.
  for (const done of ['confirms 303', 'types a code 303', 'resets the password 303', 'undoes the change 303'])
    expect.soft([...statuses.keys()]).toContain(done)
})
