import { expect, test } from 'vitest'
import { minutes, now, seconds } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addAuthenticator, codeOf } from './support/authenticator.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { send } from './support/requests.ts'

const ASKED = 'Set up two-step sign-in first. This service asks for it.'

/** An administrator and a member with one factor each, where the service asks for two of some. */
async function where(REQUIRE_TWO_FACTOR: string) {
  const services = await startApp({ REQUIRE_TWO_FACTOR })
  const ada = await addPerson(services.db, 'ada.admin', { role: 'admin' })
  const mona = await addPerson(services.db, 'mona.member')
  const browserOf = ({ token }: { token: string }) => {
    const browser = services.visitor()
    browser.cookies.set('foyer-session', token)
    return browser
  }
  return { ...services, ada, mona, browserOf }
}

test.each([
  ['off', '/admin', '/account'],
  ['admins', '/account/two-factor?return_to=%2Fadmin', '/account'],
  ['all', '/account/two-factor?return_to=%2Fadmin', '/account/two-factor?return_to=%2Faccount'],
])(
  'where it is asked of %s, an administrator comes to %s and a member to %s',
  async (policy, admins, members) => {
    const { ada, mona, browserOf } = await where(policy)
    const [admin, member] = [browserOf(ada), browserOf(mona)]
    await admin.visit('/admin')
    expect(admin.path).toBe(admins)
    await member.visit('/account')
    expect(member.path).toBe(members)
  },
)

test('who has to have it is led there from everywhere, and on their way when it is on', async () => {
  const { app, db, mona, browserOf } = await where('all')
  await db.passkey.create({
    data: {
      ...{ userId: mona.user.id, credentialId: 'x', name: 'Beside a password, it is no second step' },
      ...{ publicKey: new Uint8Array(), signCount: 0, transports: '', backedUp: false },
    },
  })
  for (const url of ['/account/name', '/account/email', '/account/sessions/end-others', '/account/delete']) {
    const page = await send(app, { url, cookie: mona.cookie })
    expect(page.headers.location, url).toBe(`/account/two-factor?return_to=${encodeURIComponent(url)}`)
    const headers = { accept: 'application/json' }
    const json = await send(app, { url, cookie: mona.cookie, headers })
    expect(json.json()).toEqual({
      status: 'error',
      message: 'Set up two-step sign-in first, at /account/two-factor.',
    })
    expect(json.statusCode).toBe(403)
  }
  const name = { method: 'POST', url: '/account/name', cookie: mona.cookie, body: 'name=Mona' }
  const posted = await send(app, { ...name, type: 'application/x-www-form-urlencoded' })
  expect(posted.headers.location).toBe('/account/two-factor?return_to=%2Faccount%2Fname')
  expect((await db.user.findUniqueOrThrow({ where: { id: mona.user.id } })).name).toBeNull()

  const browser = browserOf(mona)
  await browser.visit('/account/name')
  expect(browser.text('[role=status]')).toBe(ASKED)
  await browser.fill({ '6-digit code': 'no code' }).press('Turn on')
  await browser.fill({ '6-digit code': codeOf(browser.text('#secret')) }).press('Turn on')
  expect(browser.headline).toBe('Save your recovery codes')
  await browser.click('I’ve saved them')
  expect(browser.path).toBe('/account/name')
})

test('who signed in a while ago proves it on the way there, and can leave instead', async () => {
  const { db, mona, browserOf } = await where('all')
  const provenAt = new Date(now() - minutes(10) - seconds(1))
  await db.session.update({ where: { id: mona.sessionId }, data: { provenAt } })
  const browser = browserOf(mona)
  await browser.visit('/account')
  expect(browser.headline).toBe('Confirm it’s you')
  await browser.fill({ 'Your password': PASSWORD }).press('Continue')
  expect(browser.headline).toBe('Turn on two-step sign-in')
  await browser.press('Sign out')
  expect(browser.path).toBe('/login')
})

test('who turns it off has to turn it on again before anything else', async () => {
  const { app, ada, browserOf } = await where('admins')
  await addAuthenticator(app, ada.user)
  const admin = browserOf(ada)
  await admin.visit('/account/two-factor')
  await admin.press('Turn off')
  expect(admin.headline).toBe('Turn on two-step sign-in')
  await admin.visit('/admin')
  expect(admin.headline).toBe('Turn on two-step sign-in')
})
