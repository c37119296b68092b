import { describe, expect, test } from 'vitest'
import { setupLink } from '../src/features/setup/make-admin.ts'
import { startApp } from './support/app.ts'
import { addEveryone, addPerson, PASSWORD } from './support/people.ts'
import {
  accountsIn,
  answeringRoutes,
  everythingIn,
  FORM,
  JSON_TYPE,
  ON_RECORD,
  send,
} from './support/requests.ts'

const SITES = [undefined, 'same-origin', 'none', 'same-site', 'cross-site', 'SAME-ORIGIN', '']
const ORIGINS = [
  ...[undefined, 'http://localhost:3000', 'http://127.0.0.1:3000'],
  ...['http://localhost:3001', 'https://localhost:3000', 'http://evil.example', 'null', ''],
]

/** The rule in words: the browser's own word counts first, then the origin, and a program brings no cookie. */
function isOurs(site: string | undefined, origin: string | undefined, cookie: string) {
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  if (origin !== undefined) return ['http://localhost:3000', 'http://127.0.0.1:3000'].includes(origin)
  return cookie === ''
}

/** The headers of `send` with exactly these of the two that tell of sites. */
const from = (site: string | undefined, origin: string | undefined) => ({
  ...(site !== undefined && { 'sec-fetch-site': site }),
  ...(origin !== undefined && { origin }),
})

describe('a form posted by another site', () => {
  test('is refused on every route, whatever the browser tells of it, and does nothing', async () => {
    const { app, db } = await startApp()
    const { admin } = await addEveryone(db)
    const target = await addPerson(db, 'anna.active')
    const before = await everythingIn(db)
    let count = 0
    for (const { url, method } of answeringRoutes(app).filter((route) => route.method === 'POST'))
      for (const site of SITES)
        for (const origin of ORIGINS)
          for (const cookie of ['', admin.cookie])
            for (const type of [FORM, JSON_TYPE]) {
              // A field that no form has: what is not refused as foreign is refused as a form.
              const body = type === FORM ? 'no-such-field=1' : '{"no-such-field":"1"}'
              const answer = await app.inject({
                method: method as 'POST',
                url: url.replace(':id', target.user.id),
                headers: {
                  host: 'localhost:3000',
                  'content-type': type,
                  ...(cookie && { cookie }),
                  ...from(site, origin),
                },
                payload: body,
              })
              const at = `POST ${url} site=${site} origin=${origin} cookie=${cookie !== ''} ${type}`
              if (isOurs(site, origin, cookie))
                expect([303, 400, 401, 404, 409, 410, 422], at).toContain(answer.statusCode)
              else expect(answer.statusCode, at).toBe(403)
              count++
            }
    expect(await everythingIn(db)).toBe(before)
    expect(count).toBeGreaterThan(1500)
  })

  test('signs nobody in, up or out, though every field is right', async () => {
    const { app, db } = await startApp()
    const { member, admin } = await addEveryone(db)
    const before = await everythingIn(db)
    const posts = [
      { url: '/login', body: `login=mona.member&password=${PASSWORD}`, cookie: '' },
      { url: '/register', body: `username=newcomer&password=${PASSWORD}`, cookie: '' },
      { url: '/logout', body: '', cookie: member.cookie },
      { url: '/account/name', body: 'name=Mallory', cookie: member.cookie },
      { url: `/admin/users/${member.user.id}/suspend`, body: 'reason=', cookie: admin.cookie },
    ]
    for (const post of posts)
      for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
        const answer = await send(app, { method: 'POST', type: FORM, headers, ...post })
        expect(answer.statusCode, post.url).toBe(403)
        expect(answer.cookies, post.url).toEqual([])
      }
    expect(await everythingIn(db)).toBe(before)
    expect(app.passwords.counts.hashes).toBe(0)
  })

  test('cannot disguise JSON as a form of plain text', async () => {
    const { app, db } = await startApp()
    const { member } = await addEveryone(db)
    const before = await accountsIn(db)
    for (const { url } of answeringRoutes(app).filter(({ method }) => method === 'POST'))
      for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'text/plain; charset=utf-8']) {
        const cookie = url.startsWith('/account') ? member.cookie : ''
        const body = '{"username":"newcomer","password":"correct-horse-battery","x":"="}'
        const answer = await send(app, { method: 'POST', url, type, body, cookie })
        expect(answer.statusCode, url).toBe(url.startsWith('/admin') ? 303 : 415)
      }
    expect(await accountsIn(db)).toBe(before)
  })
})

describe('looking', () => {
  test('changes nothing: no GET, HEAD or OPTIONS of anybody, on any address', async () => {
    const { app, db } = await startApp()
    const everyone = await addEveryone(db)
    const before = await everythingIn(db)
    const looked = app.routes.filter(({ url }) => !ON_RECORD.includes(url))
    const urls = new Set(looked.map(({ url }) => url.replace(':id', everyone.member.user.id)))
    for (const url of [...urls, '/setup?token=abc', '/login?return_to=/account', '/admin/users?q=a'])
      for (const method of ['GET', 'HEAD', 'OPTIONS'])
        for (const { cookie } of Object.values(everyone))
          for (const site of ['same-origin', 'cross-site'])
            await send(app, { method, url, cookie, headers: { 'sec-fetch-site': site } })
    expect(await everythingIn(db)).toBe(before)
  })

  test('uses no mailed or printed link up', async () => {
    const { app, visitor, db } = await startApp()
    const link = new URL((await setupLink({ config: app.config, db })) ?? '')
    for (let i = 0; i < 10; i++) await visitor().visit(link.pathname + link.search)
    const operator = visitor()
    await operator.visit(link.pathname + link.search)
    expect(operator.headline).toBe('Make the first administrator')
  })
})
