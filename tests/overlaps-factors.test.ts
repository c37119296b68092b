import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { newChallenge } from '../src/accounts/passkey-challenge.ts'
import type { Db } from '../src/db/client.ts'
import { addPasskey } from '../src/features/passkeys/add-passkey.ts'
import { newKey } from '../src/features/two-factor/new-key.ts'
import { turnOn } from '../src/features/two-factor/turn-on.ts'
import { startApp } from './support/app.ts'
import { addAuthenticator, codeOf } from './support/authenticator.ts'
import { afterEachVerification } from './support/meanwhile.ts'
import { addPerson, PASSWORD, source } from './support/people.ts'
import type { App } from './support/requests.ts'
import { optionsFor, SoftwarePasskey } from './support/software-passkey.ts'

/** Ana, signed in a moment ago. */
async function stage() {
  const services = await startApp()
  const ana = await addPerson(services.db, 'ana.silva', { email: 'ana@example.org' })
  const browser = services.visitor()
  browser.cookies.set('foyer-session', ana.token)
  return { ...services, ...ana, browser }
}

/** A form whose body comes only when something else has happened: the guard of the route has let it pass by then. */
const sendLate = (
  app: App,
  url: string,
  cookie: string,
  form: Record<string, string>,
  meanwhile: () => Promise<unknown>,
) =>
  app.inject({
    method: 'POST',
    url,
    headers: {
      ...{ host: 'localhost:3000', accept: 'application/json', cookie, 'sec-fetch-site': 'same-origin' },
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: Readable.from(
      (async function* () {
        await meanwhile()
        yield new URLSearchParams(form).toString()
      })(),
      { objectMode: false },
    ),
  })

test('a session that ends while its form is still on the way plants no passkey', async () => {
  const { app, db, browser, cookie } = await stage()
  const phone = new SoftwarePasskey()
  const options = await optionsFor(browser, '/account/passkeys')
  const credential = JSON.stringify(phone.create(options))
  const cookies = `${cookie}; foyer-passkey=${browser.cookies.get('foyer-passkey')}`
  const answer = await sendLate(app, '/account/passkeys', cookies, { credential, name: 'Mine' }, () =>
    db.session.deleteMany(),
  )
  expect(answer.statusCode).toBe(401)
  expect(await db.passkey.count()).toBe(0)
})

test('a session that ends while its form is still on the way takes no account over', async () => {
  const { app, db, browser, cookie } = await stage()
  const { key, secret } = (await browser.json('GET', '/account/two-factor')).json()
  const code = codeOf(secret)
  const ended = () => db.session.deleteMany()
  const answer = await sendLate(app, '/account/two-factor', cookie, { key, code }, ended)
  expect(answer.statusCode).toBe(401)
  expect(await db.authenticator.count()).toBe(0)
})

test('an administrator who is signed out while a form is on the way does nothing more', async () => {
  const { app, db, user } = await stage()
  const { cookie, sessionId } = await addPerson(db, 'ada.admin', { role: 'admin' })
  const ended = () => db.session.deleteMany({ where: { id: sessionId } })
  const answer = await sendLate(app, `/admin/users/${user.id}/suspend`, cookie, { reason: 'Spam' }, ended)
  expect(answer.statusCode).toBe(401)
  expect(await db.user.count({ where: { status: 'suspended' } })).toBe(0)
})

test('a password alone proves nothing once two-step sign-in was turned on beside it', async () => {
  const { app, db, user, sessionId, browser } = await stage()
  await db.session.updateMany({ data: { provenAt: null } })
  afterEachVerification(app, () => addAuthenticator(app, user))
  const answer = await browser.json('POST', '/account/confirm', { current: PASSWORD })
  const session = await db.session.findUniqueOrThrow({ where: { id: sessionId } })
  expect(session.provenAt).toBeNull()
  expect(answer.statusCode).toBe(422)
})

test('nor does a sign-in beside which it was turned on', async () => {
  const { app, db, user, visitor } = await stage()
  await db.session.deleteMany()
  // Turned on right after it was seen to be off.
  let isOn = false
  const count = async <Args, Result>({ args, query }: { args: Args; query: (args: Args) => Result }) => {
    const seen = await query(args)
    if (!isOn) {
      isOn = true
      await addAuthenticator({ ...app, db }, user)
    }
    return seen
  }
  app.db = db.$extends({ query: { authenticator: { count } } }) as unknown as Db
  const thief = visitor()
  await thief.logIn('ana.silva')
  expect(thief.answer.statusCode).toBe(422)
  expect(await db.session.count()).toBe(0)
})

describe('a session that ended a moment ago', () => {
  test('plants no passkey', async () => {
    const { app, db, user, sessionId } = await stage()
    const session = await db.session.findUniqueOrThrow({ where: { id: sessionId } })
    const { challenge, sealed } = newChallenge(app.secretKeys, { purpose: 'add', sessionId })
    const options = { challenge: Buffer.from(challenge).toString('base64url'), timeout: 1 }
    const credential = JSON.stringify(new SoftwarePasskey().create(options))
    await db.session.deleteMany()
    const adding = addPasskey(app, { session, user }, { name: '', credential }, sealed, source)
    await expect(adding).rejects.toThrow('You were signed out meanwhile')
    expect(await db.passkey.count()).toBe(0)
  })

  test('turns no two-step sign-in on', async () => {
    const { app, db, user, sessionId } = await stage()
    const session = await db.session.findUniqueOrThrow({ where: { id: sessionId } })
    const { secret, sealed } = newKey(app.secretKeys, user.id)
    await db.session.deleteMany()
    const typed = { code: codeOf(secret), key: sealed, everywhere: true }
    await expect(turnOn(app, { session, user }, typed, source)).rejects.toThrow(
      'You were signed out meanwhile',
    )
    expect(await db.authenticator.count()).toBe(0)
  })
})
