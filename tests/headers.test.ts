import { afterEach, describe, expect, test, vi } from 'vitest'
import { startApp } from './support/app.ts'
import { addEveryone, addPerson, PASSWORD } from './support/people.ts'
import { type Answer, expectNoInsides, expectOurHeaders, FORM, send } from './support/requests.ts'

afterEach(() => void vi.useRealTimers())

const HTTPS = { BASE_URL: 'https://accounts.example.org' }
const TYPES = [
  ...['text/html; charset=utf-8', 'application/json; charset=utf-8'],
  ...['text/csv; charset=utf-8', 'application/jsonl; charset=utf-8'],
]

/** Every answer but a file for ever: our headers, a type with its charset, kept by nobody. */
function expectPrivate(answer: Answer, at: string) {
  expectOurHeaders(answer.headers, at)
  expectNoInsides(answer.body, at)
  expect(answer.headers['cache-control'], at).toBe('no-store')
  expect(answer.headers.vary, at).toBe('Accept, Cookie')
  expect(answer.headers, at).not.toHaveProperty('strict-transport-security')
  if (answer.body) expect(TYPES, at).toContain(answer.headers['content-type'])
}

describe('every answer', () => {
  test('carries our headers: each route, by each method, for everybody, as a page and as JSON', async () => {
    const { app, db } = await startApp()
    const everyone = await addEveryone(db)
    await app.ready()
    const urls = new Set(app.routes.map(({ url }) => url.replace(':id', everyone.member.user.id)))
    for (const url of urls)
      for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'TRACE'])
        for (const { cookie } of Object.values(everyone))
          for (const accept of ['text/html', 'application/json']) {
            const answer = await send(app, { method, url, cookie, headers: { accept } })
            expectPrivate(answer, `${method} ${url} ${accept} → ${answer.statusCode}`)
          }
  })

  test('that refuses carries them too', async () => {
    const { app, db } = await startApp()
    const { member, admin } = await addEveryone(db)
    const post = { method: 'POST', url: '/login', type: FORM }
    const many = Array.from({ length: 51 }, (_, i) => `f${i}=`).join('&')
    const cookies = Array.from({ length: 21 }, (_, i) => `c${i}=1`).join('; ')
    const refused: [number, Parameters<typeof send>[1]][] = [
      [400, { ...post, body: 'login=%zz' }],
      [400, { url: '/login', cookie: cookies }],
      [401, { url: '/account', headers: { accept: 'application/json' } }],
      [403, { ...post, headers: { 'sec-fetch-site': 'cross-site' } }],
      [403, { url: '/admin', cookie: member.cookie }],
      [404, { url: '/no-such-page' }],
      [404, { url: '/account/x.css', cookie: member.cookie }],
      [404, { url: '/assets/foyer.css', cookie: member.cookie }],
      [404, { url: '/admin/users/1', cookie: admin.cookie }],
      [405, { method: 'DELETE', url: '/login' }],
      [405, { method: 'TRACE', url: '/login' }],
      [409, { url: '/login', cookie: member.cookie, headers: { accept: 'application/json' } }],
      [410, { ...post, url: '/setup', body: '' }],
      [413, { ...post, body: 'a'.repeat(16 * 1024 + 1) }],
      [413, { ...post, body: many }],
      [414, { url: `/${'a'.repeat(2048)}` }],
      [415, { ...post, type: 'text/plain', body: 'login=a' }],
      [421, { url: '/login', headers: { host: 'evil.example' } }],
      [422, { ...post, body: '' }],
    ]
    for (const [status, request] of refused)
      for (const accept of ['text/html', 'application/json']) {
        const answer = await send(app, { ...request, headers: { accept, ...request.headers } })
        const at = `${request.method} ${request.url.slice(0, 40)} → ${answer.statusCode}`
        expect(answer.statusCode, at).toBe(status)
        expectPrivate(answer, at)
      }
  })

  test('that asks for patience carries them too, and says how long', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { app, db } = await startApp()
    await addPerson(db, 'anna.active')
    const wrong = () =>
      send(app, { method: 'POST', url: '/login', type: FORM, body: 'login=anna.active&password=wrong' })
    let answer = await wrong()
    for (let i = 0; i < 10; i++) answer = await wrong()
    expect(answer.statusCode).toBe(429)
    expectPrivate(answer, '429')
    expect(answer.headers['retry-after']).toBe('60')

    app.stopping = true
    const stopping = await send(app, { url: '/readyz' })
    expect(stopping.statusCode).toBe(503)
    expectPrivate(stopping, '503')
    expect(stopping.headers['retry-after']).toBe('10')
  })

  test('to a mistake of ours tells a reference and nothing else', async () => {
    const { app, db } = await startApp()
    const { member } = await addEveryone(db)
    await db.$executeRawUnsafe('ALTER TABLE "Session" RENAME TO "Elsewhere"')
    for (const accept of ['text/html', 'application/json']) {
      const answer = await send(app, { url: '/account', cookie: member.cookie, headers: { accept } })
      expect(answer.statusCode).toBe(500)
      expectPrivate(answer, '500')
      expect(answer.body).toMatch(/[0-9a-f]{12}/)
    }
  })

  test('to an address that cannot be read carries them too', async () => {
    const { app } = await startApp()
    for (const url of ['/%zz', '/admin/%ff', '/%']) {
      const answer = await send(app, { url })
      expect(answer.statusCode, url).toBe(400)
      expectOurHeaders(answer.headers, url)
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
      expect(answer.body).toBe('That address has a typing mistake.\n')
    }
  })
})

test('files for ever are kept, and are the same for everybody', async () => {
  const { app } = await startApp()
  const { body } = await send(app, { url: '/login' })
  const files = [...body.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, file = '']) => file)
  expect(files.length).toBeGreaterThan(1)
  for (const url of files) {
    const answer = await send(app, { url, cookie: 'foyer-session=x', headers: { 'accept-encoding': 'gzip' } })
    expect(answer.statusCode, url).toBe(200)
    expectOurHeaders(answer.headers, url)
    expect(answer.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    })
    expect(answer.cookies).toEqual([])
  }
})

describe('with an https address', () => {
  test('browsers are told to come by https alone', async () => {
    const { app } = await startApp(HTTPS)
    for (const url of ['/login', '/no-such-page', '/%zz']) {
      const { headers } = await send(app, { url, headers: { host: 'accounts.example.org' } })
      expect(headers['strict-transport-security'], url).toBe('max-age=31536000; includeSubDomains')
    }
  })

  test('every cookie is bound to this host and to https, and out of reach of scripts', async () => {
    const { app, db } = await startApp(HTTPS)
    await addPerson(db, 'anna.active')
    const headers = { host: 'accounts.example.org' }
    const post = (url: string, body: string, cookie = '') =>
      send(app, { method: 'POST', url, type: FORM, body, cookie, headers })
    const loggedIn = await post('/login', `login=anna.active&password=${PASSWORD}`)
    const remembered = await post('/login', `login=anna.active&password=${PASSWORD}&remember=1`)
    const [session] = loggedIn.cookies
    const answers = [
      ...[loggedIn, remembered, await send(app, { url: '/setup?token=abc', headers })],
      await post('/register', `username=newcomer&password=${PASSWORD}`),
      await post('/logout', '', `${session?.name}=${session?.value}`),
    ]
    const lines = answers.flatMap(({ headers }) => [headers['set-cookie'] ?? []].flat())
    expect(lines.map((line) => line.split('=')[0]?.replace('__Host-foyer-', ''))).toEqual([
      ...[
        'session',
        'device',
        'session',
        'device',
        'setup',
        'session',
        'device',
        'notice',
        'session',
        'notice',
      ],
    ])
    for (const line of lines) {
      const attributes = line.split('; ').slice(1)
      expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']))
      expect(line).not.toContain('Domain')
      expect(line.length).toBeLessThan(400)
    }
    expect(loggedIn.cookies[0]).not.toHaveProperty('maxAge')
    expect(remembered.cookies[0]?.maxAge).toBe(30 * 24 * 3600)
  })
})

test('forms may lead on to the origins the operator named, and to no other', async () => {
  const { app } = await startApp({ RETURN_ORIGINS: 'https://app.example.org,https://wiki.example.org' })
  const { headers } = await send(app, { url: '/login' })
  expect(headers['content-security-policy']).toContain(
    "form-action 'self' https://app.example.org https://wiki.example.org;",
  )
})
