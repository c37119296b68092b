import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Db } from '../src/db/client.ts'
import type { Prisma } from '../src/db/generated/sqlite/client.ts'
import { PersonalData } from '../src/features/data/file.ts'
import { sections } from '../src/features/data/sections.ts'
import { fromNow, minutes } from '../src/time.ts'
import { startApp } from './support/app.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import type { Visitor } from './support/visitor.ts'

afterEach(() => void vi.useRealTimers())

type Person = Awaited<ReturnType<typeof addPerson>>

/** A row of everything there is, with no column empty; `mark` is in each text that is theirs. */
async function giveEverything(db: Db, { user, sessionId }: Person, mark: string) {
  const userId = user.id
  const at = fromNow(0)
  const bytes = (what: string) => new Uint8Array(Buffer.from(`${what} ${mark}`))
  const invitation = await db.invitation.create({
    data: { role: 'member', usesLeft: 1, createdBy: 'somebody', expiresAt: at },
  })
  await db.user.update({
    where: { id: userId },
    data: {
      ...{ name: `Name ${mark}`, nameKey: `name ${mark}`, newEmail: `new-${mark}@example.org` },
      ...{ language: 'en-US', timeZone: 'Europe/Lisbon', closesAt: at, passkeyHandle: bytes('handle') },
      ...{ suspendedUntil: at, termsVersion: 1, invitationId: invitation.id },
    },
  })
  const device = await db.device.create({
    data: { userId, tokenHash: bytes('device-secret'), lastSeenAt: at, trustedUntil: at },
  })
  await db.session.update({
    where: { id: sessionId },
    data: { deviceId: device.id, userAgent: `Browser ${mark}`, ip: `ip-${mark}`, provenAt: at },
  })
  await db.authenticator.create({ data: { userId, secret: bytes('totp-secret'), lastStep: 59_000_000 } })
  await db.recoveryCode.create({ data: { userId, codeHash: bytes('code-secret'), usedAt: at } })
  await db.passkey.create({
    data: {
      ...{ userId, credentialId: `credential-${mark}`, name: `Passkey ${mark}`, publicKey: bytes('public') },
      ...{ signCount: 7n, transports: 'internal', backedUp: true, lastUsedAt: at },
    },
  })
  await db.heldName.create({ data: { nameHash: `name-hash-${mark}`, userId, heldUntil: at } })
  await db.signUp.create({
    data: { userId, tokenHash: bytes('sign-up-secret'), returnTo: `/${mark}`, expiresAt: at },
  })
  await db.signUpRequest.create({
    data: { userId, askedAt: at, ip: `request-ip-${mark}`, network: `network-${mark}` },
  })
  const job = await db.job.create({
    data: { action: 'suspend', filter: {}, reason: '', actorId: 'somebody', source: {}, dueAt: at },
  })
  await db.jobResult.create({ data: { jobId: job.id, userId, problem: `problem ${mark}` } })
  await db.token.create({
    data: {
      ...{
        userId,
        invitationId: invitation.id,
        tokenHash: bytes('token-secret'),
        codeHash: bytes('short-secret'),
      },
      ...{ purpose: 'undo-email-change', address: `token-${mark}@example.org`, expiresAt: at, usedAt: at },
    },
  })
  await db.mail.create({
    data: {
      ...{ userId, kind: 'new-sign-in', address: `${mark}@example.org`, facts: { device: `Mail ${mark}` } },
      ...{ dueAt: at, lastError: `error ${mark}`, sentAt: at },
    },
  })
  await db.auditEvent.create({ data: event(userId, userId, mark) })
}

const event = (actor: string, subjectId: string, mark: string) => ({
  ...{ event: 'user.name-changed', actor, subjectId, via: 'html', ip: `event-ip-${mark}` },
  ...{ userAgent: `Event ${mark}`, requestId: `request-${mark}`, detail: { reason: `reason ${mark}` } },
})

const asMember = (visitor: Visitor, { token }: Person) => {
  visitor.cookies.set('foyer-session', token)
  return visitor
}

async function stage() {
  const services = await startApp()
  const { db, visitor } = services
  const person = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  return { ...services, person, ana: asMember(visitor(), person) }
}

async function download(visitor: Visitor) {
  const { body } = await visitor.request('POST', '/account/data')
  return { text: body, data: JSON.parse(body) }
}

describe('a member’s data', () => {
  test('is downloaded as JSON from a page that the account leads to, and that is told', async () => {
    const { ana, db } = await stage()
    await ana.visit('/account')
    await ana.click('Get it: your data')
    expect(ana.headline).toBe('Your data')
    await ana.press('Download as JSON')
    expect(ana.answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="foyer.json"; filename*=UTF-8\'\'foyer-ana.silva.json',
      'cache-control': 'no-store',
    })
    const data = JSON.parse(ana.answer.body)
    expect(data.account).toMatchObject({ username: 'ana.silva', email: 'ana@example.org' })
    expect(data.sessions).toHaveLength(1)
    expect(data.history).toMatchObject([{ event: 'data.downloaded', by: 'you' }])
    expect(await db.auditEvent.count({ where: { event: 'data.downloaded' } })).toBe(1)
  })

  test('is for whom has just confirmed who they are', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { ana } = await stage()
    vi.setSystemTime(fromNow(minutes(11)))
    for (const path of ['/account/data', '/account/data/read']) {
      expect((await ana.request('GET', path)).headers.location).toMatch(/^\/account\/confirm/)
      expect((await ana.json('GET', path)).statusCode).toBe(403)
      expect((await ana.json('POST', path, {})).statusCode).toBe(403)
    }
    await ana.visit('/account/data')
    await ana.fill({ 'Your password': PASSWORD }).press('Continue')
    expect(ana.path).toBe('/account/data')
  })

  test('is all there, every column of it, and nothing of anybody else, and no secret', async () => {
    const { ana, db, person } = await stage()
    await giveEverything(db, person, 'anas')
    const bob = await addPerson(db, 'bob', { email: 'bob@example.org' })
    await giveEverything(db, bob, 'bobs')
    await db.auditEvent.create({ data: { ...event(person.user.id, bob.user.id, 'deed'), detail: 'bobs' } })
    // Of a visitor, who asked for a link by address alone: such a mail bears the folded one.
    await db.user.update({ where: { id: person.user.id }, data: { email: 'Ana@example.org' } })
    const asked = { kind: 'reset-password', address: 'ana@example.org', facts: {}, dueAt: fromNow(0) }
    await db.mail.create({ data: asked })
    const { text, data } = await download(ana)
    expect(() => PersonalData.parse(data)).not.toThrow()
    for (const [name, { row, many }] of Object.entries(sections)) {
      const [first] = many ? data[name] : [data[name]]
      for (const column of Object.keys(row.shape)) expect(first[column], `${name} ${column}`).not.toBe(null)
    }
    expect(data.mails).toHaveLength(2)
    expect(data.deeds).toMatchObject([{ event: 'user.name-changed', ip: 'event-ip-deed' }])
    expect(text).not.toMatch(/bob|secret|argon2/i)
    for (const secret of ['device', 'totp', 'code', 'sign-up', 'token', 'short'])
      expect(text).not.toContain(Buffer.from(`${secret}-secret anas`).toString('base64url'))
    expect(text).not.toContain(bob.user.id)
  })

  test('keeps to itself who acted as administrator or operator, and from where', async () => {
    const { ana, db, person } = await stage()
    const ada = await addPerson(db, 'ada.admin', { role: 'admin' })
    for (const actor of [ada.user.id, 'cli:root', 'visitor', 'foyer'])
      await db.auditEvent.create({ data: event(actor, person.user.id, actor.slice(0, 3)) })
    const { text, data } = await download(ana)
    const seen = { detail: { reason: expect.any(String) } }
    const events = new Map(data.history.map((event: { by: string }) => [event.by, event]))
    expect(Object.fromEntries(events)).toMatchObject({
      administrator: { ip: null, userAgent: null, requestId: null, ...seen },
      operator: { ip: null, userAgent: null, requestId: null, ...seen },
      visitor: { ip: 'event-ip-vis', userAgent: 'Event vis', ...seen },
      ...{ foyer: seen, you: { event: 'data.downloaded' } },
    })
    expect(text).not.toMatch(new RegExp(`${ada.user.id}|ada\\.admin|root`))
  })

  test('has no mails to an address that is not proven to be theirs', async () => {
    const { ana, db, person } = await stage()
    await db.user.update({ where: { id: person.user.id }, data: { provenEmailKey: null } })
    const address = 'ana@example.org'
    await db.mail.create({ data: { kind: 'reset-password', address, facts: {}, dueAt: fromNow(0) } })
    expect((await download(ana)).data.mails).toEqual([])
  })

  test('is whole though there is much; the page shows the latest 200 and says so', async () => {
    const { ana, db, person } = await stage()
    const data = Array.from({ length: 2500 }, (_, n): Prisma.AuditEventCreateManyInput => {
      const id = `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
      return { id, event: 'session.started', actor: person.user.id, subjectId: person.user.id, via: 'html' }
    })
    await db.auditEvent.createMany({ data })
    const file = await download(ana)
    expect(file.data.history).toHaveLength(2501)
    expect(new Set(file.data.history.map(({ id }: { id: string }) => id)).size).toBe(2501)
    await ana.visit('/account/data')
    await ana.press('Read it')
    const history = ana.document.querySelector('section[aria-labelledby=history]')
    expect(history?.querySelectorAll('dl')).toHaveLength(200)
    expect(history?.textContent).toContain('The latest 200. The file has all of them.')
    expect(history?.querySelector('dl')?.textContent).toContain('data.downloaded')
  })

  test('is read on a page, with what is none, and times in the member’s zone', async () => {
    const { ana, db, person } = await stage()
    const createdAt = new Date('2020-01-01T20:00Z')
    const data = { name: 'Ana <b>Silva</b>', timeZone: 'Asia/Kolkata', createdAt }
    await db.user.update({ where: { id: person.user.id }, data })
    await ana.visit('/account/data')
    await ana.press('Read it')
    expect(ana.headline).toBe('Everything we hold about you')
    expect(ana.text('section[aria-labelledby=account]')).toContain('Name Ana <b>Silva</b>')
    expect(ana.text('section[aria-labelledby=account]')).toContain('Signed up 2 January 2020')
    expect(ana.text('section[aria-labelledby=passkeys]')).toBe('Passkeys None.')
    expect(ana.text('section[aria-labelledby=sessions]')).toContain('“Remember me” No')
    const titles = [...ana.document.querySelectorAll('h2')].map(({ textContent }) => textContent)
    expect(titles).toEqual(Object.values(sections).map(({ title }) => title))
    expect((await ana.json('POST', '/account/data/read', {})).json().sections).toHaveLength(titles.length)
  })

  test('is told of where it is, as JSON', async () => {
    const { ana } = await stage()
    expect((await ana.json('GET', '/account/data')).json()).toEqual({
      ...{ status: 'success', schema: '/account/data.schema.json' },
    })
  })

  test('is made 20 times, and then there is a pause', async () => {
    const { ana } = await stage()
    const statuses = []
    for (let i = 0; i < 21; i++) statuses.push((await ana.json('POST', '/account/data', {})).statusCode)
    expect(statuses).toEqual([...Array(20).fill(200), 429])
    expect((await ana.json('GET', '/account/data')).statusCode).toBe(200)
  })

  test('of a name in another script has a file name that browsers take', async () => {
    const { db, visitor } = await stage()
    const nino = asMember(visitor(), await addPerson(db, 'ნინო'))
    const { headers } = await nino.request('POST', '/account/data')
    expect(headers['content-disposition']).toMatch(/^[ -~]+UTF-8''foyer-%E1%83[\w%]+\.json$/)
  })
})

test('the file says where its schema is, and the schema what each part is called', async () => {
  const { ana, visitor, config } = await stage()
  const { data } = await download(ana)
  expect(data.$schema).toBe(`${config.baseUrl}/account/data.schema.json`)
  const answer = await visitor().request('GET', new URL(data.$schema).pathname)
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  const schema = answer.json()
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    additionalProperties: false,
    required: Object.keys(data),
  })
  expect(schema.properties.sessions).toMatchObject({
    ...{ type: 'array', description: 'Where you are signed in' },
    items: { properties: { lastSeenAt: { description: 'Last active', format: 'date-time' } } },
  })
})
