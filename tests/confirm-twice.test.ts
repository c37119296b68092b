import { expect, test } from 'vitest'
import { findSession } from '../src/accounts/session.ts'
import type { Db } from '../src/db/client.ts'
import { withAdmin } from './support/admins.ts'
import { anotherProcess } from './support/another-process.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { dial, listening, untilClosed, written } from './support/raw.ts'
import { type App, send, FORM as URLENCODED } from './support/requests.ts'

/** Holds every look at a password up until `goOn`; `come` tells when so many have begun. */
function heldUp(app: App) {
  const { passwords } = app
  const free = Promise.withResolvers<void>()
  const looks: { enough: number; tell: () => void }[] = []
  let begun = 0
  const verify = async (stored: string, typed: string) => {
    begun++
    for (const { enough, tell } of looks) if (begun >= enough) tell()
    await free.promise
    return passwords.verify(stored, typed)
  }
  app.passwords = { ...passwords, verify }
  const come = (enough: number) => new Promise<void>((tell) => void looks.push({ enough, tell }))
  return { come, goOn: () => free.resolve(), looks: () => begun }
}

/** Tells when sessions were looked up so many more times. */
function sessionsRead(app: App, times: number) {
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = times
  const findUnique = async <Args, Result>({ args, query }: { args: Args; query: (args: Args) => Result }) => {
    const found = await query(args)
    if (--left === 0) resolve()
    return found
  }
  app.db = app.db.$extends({ query: { session: { findUnique } } }) as unknown as Db
  return promise
}

/** What the page that asks who it is sends, with the form that waits in it. */
const FORM = { proof: 'password', current: PASSWORD, reason: 'Asked for it', until: '' }

/** An administrator whose proof is old, somebody to do something to, and what the page that asks would send. */
async function stage() {
  const services = await withAdmin()
  const { app, db, mira, person } = services
  const { user: ana } = await addPerson(db, 'ana.silva')
  const you = await person('mira.okafor')
  const port = await listening(app)
  await db.session.updateMany({ data: { provenAt: null } })
  const cookie = `foyer-session=${mira.cookies.get('foyer-session')}`
  const path = `/admin/users/${ana.id}/suspend`
  const click = async (fields: Record<string, string>, to = path, as = cookie) => {
    const body = new URLSearchParams(fields).toString()
    const socket = await dial(port)
    const answer = untilClosed(socket)
    const type = 'Content-Type: application/x-www-form-urlencoded'
    const own = [type, `Content-Length: ${body.length}`, 'Accept: text/html', 'Sec-Fetch-Site: same-origin']
    socket.write(written('POST', to, [`Cookie: ${as}`, ...own], body))
    return { answer, giveUp: () => socket.destroy() }
  }
  /** The browser with what it was given by an answer. */
  const goOnWith = async ({ all, headers }: Awaited<Awaited<ReturnType<typeof click>>['answer']>) => {
    for (const [, name = '', value = ''] of all.matchAll(/^set-cookie: ([\w-]+)=([^;]*)/gim))
      mira.cookies.set(name, decodeURIComponent(value))
    return mira.visit(headers.location ?? '')
  }
  const events = (event: string) => db.auditEvent.count({ where: { event } })
  return { ...services, ana, you, path, click, goOnWith, events }
}

type Stage = Awaited<ReturnType<typeof stage>>

/** Two clicks: browsers give the first request up by the second, and wait for what that is answered. */
async function clickTwice({ app, click }: Stage, fields: Record<string, string> = FORM, to?: string) {
  const held = heldUp(app)
  const asked = held.come(1)
  const first = await click(fields, to)
  await asked
  first.giveUp()
  // Looked up when it comes, and when its body is there; what follows asks nobody else.
  const arrived = sessionsRead(app, 2)
  const second = await click(fields, to)
  await arrived
  for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate)
  held.goOn()
  const answer = await second.answer
  expect(held.looks()).toBe(1)
  return answer
}

test('a form that waited for its proof, sent by two clicks, is done once, and told as done', async () => {
  const services = await stage()
  const { ana, goOnWith, events, mira } = services
  const answer = await clickTwice(services)
  expect([answer.status, answer.headers.location]).toEqual([303, `/admin/users/${ana.id}`])
  await goOnWith(answer)
  expect(mira.path).toBe(`/admin/users/${ana.id}`)
  expect(mira.text('[role=status]')).toBe('ana.silva is suspended.')
  expect([await events('user.suspended'), await events('session.proven')]).toEqual([1, 1])
})

test('so it is with a code, which works once', async () => {
  const services = await stage()
  const { app, you, goOnWith, mira, events } = services
  const { code } = await addAuthenticator(app, you)
  await goOnWith(await clickTwice(services, { ...FORM, code: code() }))
  expect(mira.text('[role=status]')).toBe('ana.silva is suspended.')
  expect([await events('user.suspended'), await events('two-factor.failed')]).toEqual([1, 0])
})

test('a wrong password, sent by two clicks, is one wrong try', async () => {
  const services = await stage()
  const answer = await clickTwice(services, { ...FORM, current: 'wrong-horse-battery' })
  expect(answer.status).toBe(422)
  expect(answer.body).toContain('That isn’t your current password. Try again')
  expect([await services.events('proof.failed'), await services.events('user.suspended')]).toEqual([1, 0])
})

test('so is the question who it is, on a page of its own, answered once', async () => {
  const services = await stage()
  const { events, goOnWith, mira } = services
  const form = { current: PASSWORD, code: '', return_to: '/admin/users' }
  await goOnWith(await clickTwice(services, form, '/account/confirm'))
  expect([mira.path, await events('session.proven')]).toEqual(['/admin/users', 1])
})

test('what two people send at once, word for word the same, is answered to each on their own', async () => {
  const { app, db, click } = await stage()
  const { cookie } = await addPerson(db, 'bo.brandt', { role: 'admin' })
  const form = { current: PASSWORD, code: '', return_to: '/admin/users' }
  const held = heldUp(app)
  const asked = held.come(1)
  const first = await click(form, '/account/confirm')
  await asked
  const arrived = sessionsRead(app, 2)
  const second = await click(form, '/account/confirm', cookie)
  await arrived
  for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate)
  held.goOn()
  const answers = await Promise.all([first.answer, second.answer])
  const tokens = answers.map(({ all }) => /foyer-session=([\w-]+)/.exec(all)?.[1] ?? '')
  const whose = await Promise.all(tokens.map((token) => findSession(db, token)))
  expect(whose.map((signedIn) => signedIn?.user.username)).toEqual(['mira.okafor', 'bo.brandt'])
})

test('what differs is not the same: of two at once one is done, and the other says what may be', async () => {
  const { app, click, events } = await stage()
  const held = heldUp(app)
  const both = held.come(2)
  const clicks = [await click(FORM), await click({ ...FORM, reason: 'Another' })]
  await both
  held.goOn()
  const answers = await Promise.all(clicks.map(({ answer }) => answer))
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 409])
  const told = answers.find(({ status }) => status === 409)?.body
  expect(told).toContain('If you sent it twice, sign in to see what is so now.')
  expect(await events('user.suspended')).toBe(1)
})

test.each([
  ['a password', false, 409],
  ['a code', true, 422],
])(
  'two processes that are sent the same, with %s, do it once between them',
  async (_what, withCode, refused) => {
    const { app, db, you, path, events, mira } = await stage()
    const form = { ...FORM, code: withCode ? (await addAuthenticator(app, you)).code() : '' }
    const old = mira.cookies.get('foyer-session') ?? ''
    const held = heldUp(app)
    const other = await anotherProcess(app)
    const both = held.come(2)
    const request = { method: 'POST', url: path, type: URLENCODED, body: `${new URLSearchParams(form)}` }
    const sent = [app, other].map((process) => send(process, { ...request, cookie: `foyer-session=${old}` }))
    await both
    held.goOn()
    const answers = await Promise.all(sent)
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, refused])
    expect([await events('user.suspended'), await events('session.proven')]).toEqual([1, 1])
    // Whoever waited for the other answer signs in again.
    expect(await findSession(db, old)).toBeNull()
  },
)
