import { expect, inject, test } from 'vitest'
import type { Access } from '../src/http/access.ts'
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
import fc from './support/fast-check.ts'
import { formStage } from './support/form-stage.ts'
import { asWho } from './support/people.ts'
import {
  type Answer,
  accountsIn,
  expectNoInsides,
  expectOurHeaders,
  FORM,
  JSON_TYPE,
  send,
} from './support/requests.ts'

const BOXES = ['remember', 'trust', 'everywhere']

/** Fields in which every text is legal, because no rule of ours reads it further. */
const isFree = (url: string, field: string) =>
  ['website', 'return_to', ...BOXES].includes(field) || url === '/register/username'

const NUMBERS = /^(terms|version|uses|days|\w+_(days|hours))$/
const isNumber = (url: string, field: string) => NUMBERS.test(field) && url !== '/admin/settings/terms'

/** Who comes as far as the form; for the others the guard answers before the body is read. */
const members = /member|admin/
const admits: Record<Access, RegExp> = {
  ...{ anyone: /./, guests: /visitor/, staff: /admin/, helpers: /admin/, admins: /admin/, deciders: /admin/ },
  ...{ arrivals: members, enrolling: members, members, owners: members, leavers: members },
}

function expectClean(answer: Answer, at: string) {
  expect(answer.statusCode, at).toBeLessThan(500)
  expectOurHeaders(answer.headers, at)
  expectNoInsides(answer.body, at)
}

test('every field of every form refuses what it cannot mean, from anyone, and nothing is changed', async () => {
  const { db, forms, legalBody, post, people } = await formStage()
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
          kind === 'broken' ||
          (kind === 'text' && !isFree(url, field)) ||
          (kind === 'box' && !BOXES.includes(field)) ||
          (kind === 'number' && !isNumber(url, field))

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
})

test('an object where text belongs is named as that, so that no operator comes near the database', async () => {
  const { forms, legalBody, post, people } = await formStage()
  for (const { url, access, fields } of forms) {
    const who = people[asWho(access)]
    for (const field of fields) {
      const answer = await post(url, who, JSON_TYPE, asJson({ not: '' })(legalBody(url), field))
      expect(answer.json().codes, `${url} ${field}`).toEqual({ [field]: 'field.text' })
    }
  }
})

test('a field that a form does not have is named', async () => {
  const { legalBody, post, people } = await formStage()
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
  const { app, db, admin } = await formStage()
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
  const { db, forms, post, people } = await formStage()
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
  await fc.assert(visitors, { numRuns: 300 })
  expect(await accountsIn(db)).toBe(before)
})
