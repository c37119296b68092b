import fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { newSignUp } from '../src/accounts/sign-up.ts'
import { issueToken } from '../src/accounts/token.ts'
import type { Access } from '../src/http/access.ts'
import { fromNow, hours } from '../src/time.ts'
import { startApp } from './support/app.ts'
import {
  asJson,
  BAD_FORMS,
  BAD_JSON,
  EXTRA,
  encode,
  jsonLiterally,
  literally,
  PROTOTYPES,
} from './support/bad-values.ts'
import { addPerson, asWho, PASSWORD } from './support/people.ts'
import {
  type Answer,
  accountsIn,
  answeringRoutes,
  expectNoInsides,
  expectOurHeaders,
  FORM,
  JSON_TYPE,
  send,
} from './support/requests.ts'
import { SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

/** Fields in which every text is legal, because no rule of ours reads it further. */
const isFree = (url: string, field: string) =>
  ['website', 'return_to', 'remember', 'trust', 'everywhere'].includes(field) || url === '/register/username'

/** Who comes as far as the form; for the others the guard answers before the body is read. */
const members = /member|admin/
const admits: Record<Access, RegExp> = {
  ...{ anyone: /./, guests: /visitor/, staff: /admin/, helpers: /admin/, admins: /admin/, deciders: /admin/ },
  ...{ arrivals: members, enrolling: members, members, owners: members, leavers: members },
}

async function stage() {
  const { app, db } = await startApp()
  const active = await addPerson(db, 'anna.active')
  const suspended = await addPerson(db, 'sue.suspended', { status: 'suspended' })
  const member = await addPerson(db, 'mona.member')
  const admin = await addPerson(db, 'ada.admin', { role: 'admin' })
  const pia = await addPerson(db, 'pia.pending', { status: 'pending' })
  const signUp = newSignUp(pia.user.id, undefined, hours(72))
  await db.signUp.create({ data: signUp.row })
  const setup = `foyer-setup=${(await issueToken(db, 'setup', fromNow(hours(1)))).token}`
  const reset = await issueToken(db, 'reset-password', fromNow(hours(1)), { userId: active.user.id })
  const step = await issueToken(db, 'two-factor', fromNow(hours(1)), { userId: active.user.id })
  /** What a form needs its visitor to hold. */
  const cookies: Record<string, string> = {
    '/setup': setup,
    '/reset-password': `foyer-reset-password=${reset.token}`,
    '/login/two-factor': `foyer-two-factor=${step.token}`,
    '/register/check-email': `foyer-sign-up=${signUp.token}`,
  }
  const passkeys = new Map<string, string>()
  for (const { user, cookie } of [member, admin])
    passkeys.set(cookie, (await storePasskey(db, user, new SoftwarePasskey())).id)
  let tries = 0

  /** A body that the route takes: so whatever is refused is refused for the one field that is bad. */
  const legalBody = (url: string): Record<string, string> => {
    const account = { username: `newcomer${++tries}`, email: '', password: PASSWORD }
    if (url === '/register') return { ...account, terms: '', website: '', return_to: '' }
    if (url === '/register/username') return { username: 'newcomer', email: '', return_to: '' }
    if (url === '/login') return { login: 'anna.active', password: PASSWORD, remember: '', return_to: '' }
    if (url === '/setup') return account
    if (url === '/login/two-factor') return { code: '123456', trust: '', remember: '', return_to: '' }
    if (url === '/account/two-factor') return { code: '123456', key: '', everywhere: '', return_to: '' }
    if (url === '/register/check-email') return { code: '123456' }
    if (url === '/register/resend') return { email: 'ana@example.org' }
    if (url === '/forgot-password') return { email: 'anna@example.org' }
    if (url === '/reset-password') return { password: 'four-new-words-here' }
    if (url === '/account/email') return { email: 'ana@example.org', current: PASSWORD }
    // The right one gives the session another token.
    if (url === '/account/username') return { username: 'anna.new' }
    if (url === '/account/language') return { language: 'en-US', time_zone: 'Europe/Lisbon' }
    if (url === '/login/passkey') return { credential: '{}', remember: '', return_to: '' }
    if (url === '/account/confirm/passkey') return { credential: '{}', return_to: '' }
    if (url === '/account/passkeys') return { name: 'My phone', credential: '{}' }
    if (url === '/account/passkeys/:id/rename') return { name: 'My phone' }
    if (url === '/account/confirm') return { current: 'wrong-horse-battery', code: '', return_to: '' }
    if (url === '/account/name') return { name: 'Anna' }
    if (url === '/account/password') return { current: PASSWORD, password: 'another-horse-battery' }
    if (url === '/admin/requests') return { id: active.user.id, do: 'reject' }
    if (url === '/admin/requests/reject') return { id: active.user.id, reason: 'a test' }
    if (url === '/admin/users/selected') return { id: active.user.id, do: 'restore' }
    if (url === '/admin/users/selected/confirm')
      return { id: active.user.id, do: 'restore', reason: 'a test' }
    if (url === '/account/terms') return { version: '', return_to: '' }
    // What was seen is something else: whatever text there is, nothing is set by it.
    if (url.startsWith('/admin/settings/')) return { seen: 'something else' }
    if (url === '/admin/users/:id/role') return { role: 'support', reason: '' }
    if (url === '/admin/users/:id/username') return { username: 'anna.newer', reason: '' }
    if (url === '/admin/users/:id/email') return { email: 'anna@example.org', reason: '' }
    if (url === '/admin/invites') return { emails: 'lea@example.org', role: 'member', days: '7' }
    if (url === '/admin/invites/link') return { uses: '1', days: '7' }
    if (url === '/admin/users/new')
      return { username: `newcomer${tries}`, email: '', name: '', role: 'member' }
    if (url === '/admin/jobs/new') return { do: 'restore', reason: 'a test', q: 'nobody' }
    return url.startsWith('/admin/users/:id') ? { reason: 'a test' } : {}
  }
  const address = (url: string, cookie: string) => {
    const passkey = url.includes('/passkeys/') && passkeys.get(cookie)
    const person = passkey || (url.endsWith('restore') ? suspended : active).user.id
    return url.replace(':id', person).replace(':session', active.sessionId)
  }
  const post = (url: string, who: { cookie: string }, type: string, body: string | Buffer) =>
    send(app, {
      method: 'POST',
      url: address(url, who.cookie),
      type,
      body,
      cookie: [cookies[url], who.cookie].filter(Boolean).join('; '),
      // Of another network each time, so that no budget refuses before the validation does.
      ip: `10.${(++tries >> 16) & 255}.${(tries >> 8) & 255}.${tries & 255}`,
    })
  const forms = answeringRoutes(app).filter(({ method }) => method === 'POST')
  return { app, db, forms, legalBody, post, admin, people: { visitor: { cookie: '' }, member, admin } }
}

function expectClean(answer: Answer, at: string) {
  expect(answer.statusCode, at).toBeLessThan(500)
  expectOurHeaders(answer.headers, at)
  expectNoInsides(answer.body, at)
}

test('every field of every form refuses what it cannot mean, from anyone, and nothing is changed', async () => {
  const { db, forms, legalBody, post, people } = await stage()
  expect(forms.filter(({ hasSchema }) => !hasSchema)).toEqual([])
  let count = 0

  for (const { url, access, fields } of forms)
    for (const [role, who] of Object.entries(people))
      for (const [type, values] of [
        [FORM, BAD_FORMS],
        [JSON_TYPE, BAD_JSON],
      ] as const) {
        const tries = fields.flatMap((field) =>
          values.map(([kind, name, write]) => ({ field, kind, name, write })),
        )
        const extra = [...EXTRA, ...PROTOTYPES].filter((name) => !fields.includes(name))
        const write = type === FORM ? literally('1') : jsonLiterally('"1"')
        for (const field of extra) tries.push({ field, kind: 'broken', name: 'extra', write })
        const isBad = ({ kind, field }: (typeof tries)[number]) =>
          kind === 'broken' || (kind === 'text' && !isFree(url, field))

        await db.throttle.deleteMany()
        const before = await accountsIn(db)
        // The guard answers the others before the body is read: a few of them will do. What is refused comes
        // nowhere near the database, so that each hears of another part.
        const most = admits[access].test(role) ? tries.length : 8
        const [each, part] = inject('provider') === 'sqlite' ? [2, 0] : [4, 1]
        const asked = tries.slice(0, most).filter((_, i) => i % each === part)
        for (const { field, name, write } of asked.filter(isBad)) {
          const answer = await post(url, who, type, write(legalBody(url), field))
          const at = `${role} ${type} POST ${url} ${field}: ${name} → ${answer.statusCode}`
          expectClean(answer, at)
          if (admits[access].test(role)) expect([400, 422], at).toContain(answer.statusCode)
          else expect([303, 401, 403, 409], at).toContain(answer.statusCode)
          count++
        }
        expect(await accountsIn(db), `${role} ${type} POST ${url}`).toBe(before)

        for (const { field, name, write } of asked.filter((one) => !isBad(one))) {
          const answer = await post(url, who, type, write(legalBody(url), field))
          expectClean(answer, `${role} ${type} POST ${url} ${field}: ${name} → ${answer.statusCode}`)
          count++
        }
      }
  console.info(`${count} bad inputs`)
  expect(count).toBeGreaterThan(2000)
}, 600_000)

test('an object where text belongs is named as that, so that no operator comes near the database', async () => {
  const { forms, legalBody, post, people } = await stage()
  for (const { url, access, fields } of forms) {
    const who = people[asWho(access)]
    for (const field of fields) {
      const answer = await post(url, who, JSON_TYPE, asJson({ not: '' })(legalBody(url), field))
      expect(answer.json().codes, `${url} ${field}`).toEqual({ [field]: 'field.text' })
    }
  }
})

test('a field that a form does not have is named', async () => {
  const { legalBody, post, people } = await stage()
  for (const field of ['role', 'id', '__proto__', 'constructor']) {
    const answer = await post(
      '/register',
      people.visitor,
      JSON_TYPE,
      jsonLiterally('"x"')(legalBody('/register'), field),
    )
    expect(answer.statusCode, field).toBe(422)
    expect(Object.entries(answer.json().codes), field).toEqual([[field, 'field.unknown']])
  }
})

test('a bad query or id is refused, whatever it holds', async () => {
  const { app, db, admin } = await stage()
  const before = await accountsIn(db)
  const values = [
    'a&q=b',
    '%00',
    '%C2%80',
    '%ED%A0%80',
    '%zz',
    '%',
    '%FF',
    "'",
    '%25',
    '_',
    '\\\\',
    'a'.repeat(1500),
  ]
  const names = ['q', 'status', 'state', 'user', 'after', 'before', 'q[not]', 'role', '__proto__', 'token']
  for (const path of [
    '/admin/users',
    '/admin/mail',
    '/setup',
    '/reset-password',
    '/forgot-password',
    '/login',
    '/register',
    '/account',
    '/',
  ])
    for (const name of names)
      for (const value of values)
        for (const type of [FORM, JSON_TYPE]) {
          const url = `${path}?${name}=${value}`
          expectClean(await send(app, { url, cookie: admin.cookie, headers: { accept: type } }), url)
        }
  const ids = [
    '1',
    'undefined',
    '%00',
    '..',
    '%2e%2e',
    `${admin.user.id}%00`,
    `${admin.user.id}x`,
    'a'.repeat(500),
  ]
  for (const id of [...ids, admin.user.id.toUpperCase(), '{"not":""}', "' OR 1=1--"])
    for (const url of [`/admin/users/${id}`, `/admin/users/${id}/suspend`, `/admin/mail/${id}`]) {
      const answer = await send(app, { url: encodeURI(url), cookie: admin.cookie })
      expectClean(answer, url)
      expect([303, 404], url).toContain(answer.statusCode)
    }
  expect(await accountsIn(db)).toBe(before)
})

test('bodies that nobody thought of are refused as well', async () => {
  const { db, forms, post, people } = await stage()
  const seed = Date.now()
  console.info(`fast-check seed ${seed}`)
  const before = await accountsIn(db)
  const names = fc.constantFrom(...new Set(forms.flatMap(({ fields }) => fields)), 'role', 'x')
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text)),
    fc.dictionary(names, fc.jsonValue({ maxDepth: 2 })).map((value) => Buffer.from(JSON.stringify(value))),
    fc.dictionary(names, fc.string({ unit: 'grapheme' })).map((value) => Buffer.from(encode(value))),
  )
  const one = fc.record({ form: fc.constantFrom(...forms), type: fc.constantFrom(FORM, JSON_TYPE), body })
  const visitors = fc.asyncProperty(one, async ({ form, type, body }) => {
    expectClean(await post(form.url, people.visitor, type, body), form.url)
  })
  await fc.assert(visitors, { seed, numRuns: 300 })
  expect(await accountsIn(db)).toBe(before)
})
