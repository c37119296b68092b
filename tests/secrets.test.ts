import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { Secret } from 'otpauth'
import { describe, expect, test, vi } from 'vitest'
import type { Db } from '../src/db/client.ts'
import { typedValues } from '../src/http/pages.ts'
import { post } from '../src/mail/outbox.ts'
import { codeOf } from './support/authenticator.ts'
import { PATIENCE } from './support/patience.ts'
import { source } from './support/people.ts'
import { dial, form, sendRaw, written } from './support/raw.ts'
import { expectNoInsides, FORM, JSON_TYPE } from './support/requests.ts'
import { startServer } from './support/server.ts'

/** Every way in which a secret might be written down. */
const disguises = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret, 'base64url').toString('hex'),
]

/** Every value of every column of every table, as text. */
async function dump(db: Db) {
  const tables = [
    db.user.findMany(),
    db.session.findMany(),
    db.token.findMany(),
    db.auditEvent.findMany(),
    db.mail.findMany(),
    db.throttle.findMany(),
    db.authenticator.findMany(),
    db.recoveryCode.findMany(),
    db.device.findMany(),
  ]
  const rows = (await Promise.all(tables as Promise<object[]>[])).flat()
  const write = (value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
  return rows
    .map((row) =>
      Object.values(row)
        .map((v) => (v?.constructor === Object ? JSON.stringify(v) : write(v)))
        .join('\n'),
    )
    .join('\n')
}

/** A browser without pages: posts, and keeps the last value of each cookie. */
function client({ port, host }: { port: number; host: string }) {
  const jar = new Map<string, string>()
  const seen = new Set<string>()
  const bodies: string[] = []
  async function request(method: string, target: string, body = '', headers: Record<string, string> = {}) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const sent = {
      ...{ Host: host, Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin', 'User-Agent': 'canary' },
      ...(cookie && { Cookie: cookie }),
      ...(method === 'POST' && { 'Content-Type': FORM, 'Content-Length': String(Buffer.byteLength(body)) }),
      ...headers,
    }
    const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}`)
    const answer = await sendRaw(port, written(method, target, lines, body))
    for (const [, name = '', value = ''] of answer.all.matchAll(/^set-cookie: ([^=]+)=([^;\r]*)/gim)) {
      jar.set(name, value)
      if (value) seen.add(value)
    }
    bodies.push(answer.body)
    return answer
  }
  return { request, jar, seen, bodies }
}

describe('a secret', () => {
  test('is in no log, no column, no file and no page: only its hash is kept', async () => {
    const server = await startServer({ LOG_LEVEL: 'trace' })
    const [, setupToken = ''] = /token=([\w-]{43})/.exec(server.output()) ?? []
    const passwords = [
      'adm1n',
      'memb3r',
      'wr0ng',
      'sh0rt',
      'jsOn',
      'quEry',
      'broKen',
      'f0reign',
      'asName',
      'reneWed',
      'newOne',
      'notCurrent',
    ].map((name) => `canary-${name}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`)
    const [admin, member, wrong, short, json, query, broken, foreign, asName, renewed, newOne, notCurrent] =
      passwords

    const operator = client(server)
    await operator.request('GET', `/setup?token=${setupToken}`)
    await operator.request('GET', '/setup')
    expect(
      (await operator.request('POST', '/setup', `username=ada.admin&password=${admin}`)).headers.location,
    ).toBe('/admin')
    await operator.request('GET', `/setup?token=${setupToken}`)
    await operator.request('GET', '/admin/users')

    const ana = client(server)
    await ana.request('POST', '/register', `username=x&password=${short}`)
    await ana.request('POST', '/register', `username=ana&password=${member}`)
    await ana.request('POST', '/account/name', `name=Ana`)
    await ana.request('GET', '/account')
    await ana.request('POST', '/account/password', `current=${notCurrent}&password=${newOne}`)
    await ana.request('POST', '/account/password', `current=${member}&password=short`)
    const changed = await ana.request('POST', '/account/password', `current=${member}&password=${newOne}`)
    expect(changed.headers.location).toBe('/account')
    await ana.request('POST', '/logout')
    await ana.request('POST', '/login', `login=ana&password=${wrong}`)
    await ana.request('POST', '/login', `login=ana&password=${newOne}&remember=1`)
    const program = { Accept: JSON_TYPE, 'Content-Type': JSON_TYPE }
    const offered = await ana.request('GET', '/account/two-factor', '', { Accept: JSON_TYPE })
    const { secret: shown, key } = JSON.parse(offered.body) as { secret: string; key: string }
    const code = codeOf(shown)
    const on = await ana.request('POST', '/account/two-factor', `code=${code}&key=${key}`, {
      Accept: JSON_TYPE,
    })
    const { recoveryCodes } = JSON.parse(on.body) as { recoveryCodes: string[] }
    const totpSecret = shown.replaceAll(' ', '')
    const visitor = client(server)
    await visitor.request('POST', '/login', JSON.stringify({ login: 'ana', password: json }), program)
    await visitor.request('POST', '/login', `{"login":"ana","password":"${json}"`, program)
    await visitor.request('POST', `/login?password=${query}`, `login=ana&password=${query}&x=1`)
    await visitor.request('POST', '/login', `login=ana&password=${broken}%zz`)
    await visitor.request('POST', '/login', `login=ana&password=${broken}`, { 'Content-Type': 'text/plain' })
    await visitor.request('POST', '/login', `login=ana&password=${foreign}`, {
      'Sec-Fetch-Site': 'cross-site',
    })
    const mistyped = await visitor.request('POST', '/login', `login=${asName}&password=x`)
    expect(mistyped.body).toContain(`value="${asName}"`)

    const ben = client(server)
    await ben.request('POST', '/register', `username=ben&password=${member}`)
    const { id } = await server.db.user.findUniqueOrThrow({ where: { username: 'ben' } })
    const made = await operator.request('POST', `/admin/users/${id}/reset-link`)
    const [, resetToken = ''] = /token=([\w-]{43})/.exec(made.body) ?? []
    await operator.request('GET', `/admin/users/${id}`)
    await ben.request('GET', `/reset-password?token=${resetToken}`)
    await ben.request('GET', '/reset-password')
    const saved = await ben.request('POST', '/reset-password', `password=${renewed}`)
    expect(saved.headers.location).toBe('/login')
    await ben.request('GET', `/reset-password?token=${resetToken}`)

    // Where mails don't leave, the page that one is opened on is the only place of its link.
    const mail = await post(server.db, 'email-changing', { address: 'ana@example.org' }, source)
    const opened = await operator.request('POST', `/admin/mail/${mail.id}/open`)
    const [, mailedToken = ''] = /token=([\w-]{43})/.exec(opened.body) ?? []

    const everyone = [operator, ana, ben, visitor]
    const answers = everyone.flatMap(({ bodies }) => bodies).length
    await vi.waitFor(() => expect(server.output().match(/"status":/g)).toHaveLength(answers), PATIENCE)
    const inCookies = everyone.flatMap(({ seen }) => [...seen]).filter((value) => /^[\w-]{43}$/.test(value))
    const tokens = [...inCookies, mailedToken]
    expect(new Set(tokens).size).toBeGreaterThanOrEqual(4)
    const pages = everyone
      .flatMap(({ bodies }) => bodies)
      .filter((body) => ![mistyped, made, opened, offered, on].some((answer) => answer.body === body))
      .join('\n')
    const log = server.output().replace(/^There is no administrator yet\..*$/m, '')
    const database = await dump(server.db)
    const files = server.url.startsWith('file:')
      ? ['', '-wal', '-shm']
          .map((end) => server.url.slice(5) + end)
          .filter(existsSync)
          .map((path) => readFileSync(path, 'latin1'))
          .join('\n')
      : ''

    const codes = recoveryCodes.flatMap((code) => [code, code.replaceAll('-', '')])
    expect(codes).toHaveLength(20)
    const bytes = Buffer.from(Secret.fromBase32(totpSecret).bytes)
    expect(database).not.toContain(bytes.toString('hex'))
    expect(files).not.toContain(bytes.toString('latin1'))
    // What is looked for would be found: the log tells of the requests, the database and the files hold the hashes.
    expect(log).toContain('"path":"/setup"')
    for (const token of tokens.filter((value) =>
      [ana.jar.get('foyer-session'), setupToken, mailedToken].includes(value),
    )) {
      const hash = createHash('sha256').update(token).digest()
      expect(database).toContain(hash.toString('hex'))
      if (files) expect(files).toContain(hash.toString('latin1'))
    }
    for (const secret of [...passwords, ...tokens, setupToken, resetToken, totpSecret, ...codes])
      for (const text of disguises(secret))
        for (const [place, content] of Object.entries({ log, database, pages, files }))
          expect(content.includes(text), `${secret} as ${text} in ${place}`).toBe(false)
  })
})

test('a password that was typed does not go back into the form', () => {
  const secrets = { password: 'secret', current: 'secret', code: '123456' }
  expect(typedValues({ login: 'ana', ...secrets })).toEqual({ login: 'ana' })
})

describe('the log', () => {
  test('has one line of JSON for each answer, whatever the visitor makes up', async () => {
    const server = await startServer({ LOG_LEVEL: 'trace' })
    const { request } = client(server)
    const hostile = [
      '\u202e',
      '\u2028',
      '\u0085',
      '\u009b31m',
      '"}\\n{"level":60',
      "' OR 1=1--",
      '%0a%0d',
      '\ufeff',
      '<script>',
    ]
    const before = server.output().length
    for (const text of hostile) {
      const bytes = Buffer.from(text).toString('latin1')
      await request('GET', `/${encodeURI(text)}`, '', {
        'User-Agent': bytes,
        Referer: bytes,
        'X-Request-Id': bytes,
      })
      await request('GET', `/login?x=${encodeURIComponent(text)}`)
      await request('POST', '/login', `login=${encodeURIComponent(`${text}\r\n{"level":60}`)}&password=x`)
    }
    const written = () => server.output().slice(before)
    const lines = () =>
      written()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    const answered = () => lines().filter(({ status }) => status !== undefined)
    await vi.waitFor(() => expect(answered()).toHaveLength(hostile.length * 3), PATIENCE)
    expect(lines().filter(({ level }) => level === 60)).toEqual([])
    // What the service says of itself belongs to no request.
    expect(new Set(lines().flatMap(({ reqId }) => reqId ?? [])).size).toBe(hostile.length * 3)
    expect(written()).toMatch(/^[\n\x20-\x7e‘’“”–…]*$/)
  })

  test('tells of a mistake of ours under the reference that the page gives, and only the log tells it', async () => {
    const server = await startServer()
    const { request } = client(server)
    await request('POST', '/register', 'username=ana&password=correct-horse-battery')
    await server.db.$executeRawUnsafe('ALTER TABLE "Session" RENAME TO "Elsewhere"')
    for (const accept of ['text/html', JSON_TYPE]) {
      const { status, body } = await request('GET', '/account', '', { Accept: accept })
      expect(status).toBe(500)
      expectNoInsides(body)
      const reference = /\b[0-9a-f]{12}\b/.exec(body)?.[0] ?? ''
      const told = () =>
        server
          .output()
          .split('\n')
          .find((line) => line.includes(reference) && line.includes('"stack"'))
      const entry = await vi.waitUntil(told, PATIENCE)
      expect(JSON.parse(entry)).toMatchObject({ level: 50, reqId: reference })
      expect(entry).toMatch(/src\/accounts\/session\.ts/)
    }
  })

  test('does not call it a mistake of ours when a visitor goes away while sending', async () => {
    const server = await startServer({ LOG_LEVEL: 'debug' })
    const socket = await dial(server.port)
    const half = form('login=a&password=b', [`Host: ${server.host}`]).slice(0, -5)
    socket.write(half, () => setTimeout(() => socket.destroy(), 100))
    const entry = await vi.waitUntil(
      () => /^.*The request broke off.*$/m.exec(server.output())?.[0],
      PATIENCE,
    )
    expect(JSON.parse(entry)).toMatchObject({ level: 20 })
    expect(server.output()).not.toContain('"level":50')
  })
})
