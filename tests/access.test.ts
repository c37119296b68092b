import { describe, expect, test } from 'vitest'
import type { Access } from '../src/http/access.ts'
import { startApp } from './support/app.ts'
import { addEveryone } from './support/people.ts'
import { listening, sendRaw, written } from './support/raw.ts'
import { type Answer, answeringRoutes, FORM, JSON_TYPE, send } from './support/requests.ts'
import { ROUTES } from './support/routes.ts'

type Role = 'visitor' | 'member' | 'support' | 'admin' | 'suspended'
type Verdict = 'in' | 'to /login' | 'to /account' | 'forbidden'

/** Who gets in where, by what a route declares. A suspended account is nobody. */
const MEMBERS = {
  visitor: 'to /login',
  suspended: 'to /login',
  member: 'in',
  support: 'in',
  admin: 'in',
} as const
const STAFF = {
  visitor: 'to /login',
  suspended: 'to /login',
  member: 'forbidden',
  support: 'in',
  admin: 'in',
} as const
const ADMINS = { ...STAFF, support: 'forbidden' } as const
const RULES: Record<Access, Record<Role, Verdict>> = {
  anyone: { visitor: 'in', suspended: 'in', member: 'in', support: 'in', admin: 'in' },
  guests: {
    visitor: 'in',
    suspended: 'in',
    member: 'to /account',
    support: 'to /account',
    admin: 'to /account',
  },
  arrivals: MEMBERS,
  enrolling: MEMBERS,
  members: MEMBERS,
  owners: MEMBERS,
  leavers: MEMBERS,
  staff: STAFF,
  helpers: STAFF,
  admins: ADMINS,
  deciders: ADMINS,
}

function verdict({ statusCode, headers }: Answer, json: boolean): Verdict {
  const location = String(headers.location ?? '')
  if (statusCode === 403) return 'forbidden'
  if (json ? statusCode === 401 : statusCode === 303 && /^\/login(\?|$)/.test(location)) return 'to /login'
  if (json ? statusCode === 409 : statusCode === 303 && location === '/account') return 'to /account'
  return 'in'
}

describe('a route', () => {
  test('is open to whom it says, and this is all there is', async () => {
    const { app } = await startApp()
    await app.ready()
    const open = answeringRoutes(app)
      .filter(({ method }) => method !== 'HEAD')
      .map(({ method, url, access }) => `${access} ${method} ${url}`)
    expect(open.sort()).toEqual(ROUTES)
  })

  test('lets in exactly these people, by every method and in both formats', async () => {
    const { app, db } = await startApp()
    const everyone = await addEveryone(db)
    for (const { method, url, access } of answeringRoutes(app).filter(
      ({ url }) => url !== '/' && url !== '/logout',
    ))
      for (const [role, { cookie }] of Object.entries(everyone))
        for (const type of [FORM, JSON_TYPE]) {
          const body =
            method === 'POST'
              ? { type, body: type === FORM ? 'no-such-field=1' : '{"no-such-field":"1"}' }
              : {}
          const answer = await send(app, {
            ...{ method, cookie, ...body },
            url: url.replace(':id', everyone.member.user.id),
            headers: { accept: type === JSON_TYPE ? 'application/json' : 'text/html' },
          })
          const at = `${role} ${method} ${url} ${type} → ${answer.statusCode}`
          expect(verdict(answer, type === JSON_TYPE), at).toBe(RULES[access][role as Role])
        }
  })

  test('that is in no scope stops the start', async () => {
    const { app } = await startApp()
    app.get('/loose', async () => 'open to all')
    await expect(app.ready()).rejects.toThrow('Routes outside any scope: /loose')
  })

  test('answers every other method by 405 and says which it knows', async () => {
    const { app } = await startApp()
    await app.ready()
    const urls = new Set(answeringRoutes(app).map(({ url }) => url))
    for (const url of urls) {
      const methods = answeringRoutes(app)
        .filter((route) => route.url === url)
        .map(({ method }) => method)
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
        if (methods.includes(method)) continue
        const answer = await send(app, { method, url })
        expect(answer.statusCode, `${method} ${url}`).toBe(405)
        expect(answer.headers.allow).toBe(methods.sort().join(', '))
      }
    }
  })
})

/** Forty ways to write a path that a proxy or a router may read as the same one. */
function spellings(path: string): string[] {
  const [, first = '', ...rest] = path.split('/')
  const tail = rest.map((part) => `/${part}`).join('')
  const encoded = (text: string) => [...text].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')
  return [
    ...[
      path,
      `/${path}`,
      `//${path}`,
      `${path}/`,
      `${path}//`,
      `${path}/.`,
      `${path}/..`,
      `/.${path}`,
      `/..${path}`,
    ],
    ...[`/login/..${path}`, `/login/../..${path}`, `/login/%2e%2e${path}`, `/login/..%2f${path.slice(1)}`],
    ...[`/assets/..${path}`, `/assets/%2e%2e${path}`, `/assets/..%5c${path.slice(1)}`, `/healthz/..${path}`],
    ...[
      `/${encoded(first)}${tail}`,
      `/${encoded(first).toUpperCase()}${tail}`,
      `/%61dmin${tail}`,
      `/%2561dmin${tail}`,
    ],
    ...[
      `/Admin${tail}`,
      `/ADMIN${tail}`,
      `/aDmIn${tail.toUpperCase()}`,
      `/admin%20${tail}`,
      `/admin%00${tail}`,
    ],
    ...[
      `/admin;${tail}`,
      `/admin;x=y${tail}`,
      `/;${path}`,
      `${path};`,
      `${path};.css`,
      `${path}.css`,
      `${path}.json`,
    ],
    ...[
      `${path}%2f`,
      `${path}%3f`,
      `${path}?`,
      `${path}?x.css`,
      `${path}#x`,
      `\\admin${tail}`,
      `/%5cadmin${tail}`,
    ],
    ...[
      `http://localhost:3000${path}`,
      `http://evil.example${path}`,
      `/admin%2f${tail.slice(1)}`,
      `*${path}`,
    ],
  ]
}

describe('the pages for administrators', () => {
  test('open under no other spelling of their address', async () => {
    const { app, db } = await startApp()
    const { member, admin, suspended } = await addEveryone(db)
    const port = await listening(app)
    const paths = [
      '/admin',
      '/admin/mail',
      '/admin/users',
      `/admin/users/${member.user.id}`,
      `/admin/users/${member.user.id}/suspend`,
    ]
    expect(spellings('/admin').length).toBeGreaterThanOrEqual(40)

    const asAdmin = await sendRaw(port, written('GET', '/admin', [`Cookie: ${admin.cookie}`]))
    expect(asAdmin.body).toContain('ada.admin')
    for (const path of paths)
      for (const spelling of spellings(path))
        for (const cookie of ['x=y', member.cookie, suspended.cookie])
          for (const method of ['GET', 'POST']) {
            const headers = [`Cookie: ${cookie}`, 'Sec-Fetch-Site: same-origin', 'Content-Length: 0']
            const { status, body } = await sendRaw(port, written(method, spelling, headers))
            const at = `${method} ${spelling} → ${status}`
            expect(status, at).toBeGreaterThanOrEqual(300)
            expect(status, at).toBeLessThan(500)
            expect(body, at).not.toMatch(/ada\.admin|sam\.suspended|class="people"/)
          }
    expect(await db.user.count({ where: { status: 'suspended' } })).toBe(1)
  })

  test('tell a member nothing about which people exist', async () => {
    const { app, db } = await startApp()
    const { member, admin } = await addEveryone(db)
    const nobody = '01890000-0000-7000-8000-000000000000'
    const mask = (answer: Answer, id: string) => answer.body.replaceAll(id, 'ID')
    for (const url of ['/admin/users/ID', '/admin/users/ID/suspend', '/admin/users/ID/restore']) {
      const [there, missing] = await Promise.all(
        [admin.user.id, nobody].map(async (id) =>
          mask(await send(app, { url: url.replace('ID', id), cookie: member.cookie }), id),
        ),
      )
      expect(there).toBe(missing)
      const gone = await send(app, { url: url.replace('ID', nobody), cookie: admin.cookie })
      expect(gone.statusCode).toBe(404)
    }
  })
})
