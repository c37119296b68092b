import { describe, expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { addPerson, PASSWORD } from './support/people.ts'
import { dial, form, listening, sendRaw, untilClosed, written } from './support/raw.ts'
import { accountsIn, expectNoInsides, expectOurHeaders } from './support/requests.ts'

const KIB = 1024

async function start(env: Record<string, string> = {}) {
  const { app, db } = await startApp(env)
  return { app, db, port: await listening(app) }
}

const chunked = (...chunks: string[]) =>
  written(
    'POST',
    '/login',
    [
      'Sec-Fetch-Site: same-origin',
      'Content-Type: application/x-www-form-urlencoded',
      'Transfer-Encoding: chunked',
    ],
    `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`,
  )

describe('the name of the host', () => {
  test('is ours, once, or nothing is answered but that', async () => {
    const { port } = await start()
    const cases: [number, string, string[]][] = [
      [200, '/login', ['Host: localhost:3000']],
      [200, '/login', ['Host: LOCALHOST:3000']],
      [200, '/login', ['Host: 127.0.0.1:3000']],
      [200, 'http://localhost:3000/login', ['Host: localhost:3000']],
      [421, '/login', ['Host: evil.example']],
      [421, '/login', ['Host: localhost']],
      [421, '/login', ['Host: localhost:3001']],
      [421, '/login', ['Host: localhost:3000@evil.example']],
      [421, '/login', ['Host: localhost:3000, evil.example']],
      [421, '/login', ['Host: localhost:3000.evil.example']],
      [421, '/login', ['Host: ']],
      [421, '/login', ['host:']],
      [400, '/login', ['Host: localhost:3000', 'Host: evil.example']],
      [400, '/login', ['Host: evil.example', 'Host: localhost:3000']],
      [400, '/login', ['Host: localhost:3000', 'host: localhost:3000']],
      [421, 'http://evil.example/login', ['Host: localhost:3000']],
      [421, 'https://evil.example/account', ['Host: localhost:3000']],
      [200, '/healthz', ['Host: 10.1.2.3:8080']],
    ]
    for (const [status, target, headers] of cases) {
      const answer = await sendRaw(port, written('GET', target, headers))
      const at = `${target} ${headers} → ${answer.status}`
      expect(answer.status, at).toBe(status)
      expectOurHeaders(answer.headers, at)
      expect(answer.all, at).not.toContain('evil')
      expect(answer.body, at).not.toMatch(/(href|action)="(https?:)?\/\//)
    }
    const nameless = await sendRaw(port, 'GET /login HTTP/1.1\r\nConnection: close\r\n\r\n')
    expect(nameless.status).toBe(421)
    expectOurHeaders(nameless.headers)
  })

  test('and the address of the visitor are what the socket says, unless a proxy we trust says otherwise', async () => {
    const forged = [
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: https',
      'X-Forwarded-For: 203.0.113.7',
    ]
    const body = `login=anna.active&password=${PASSWORD}`

    const alone = await start()
    await addPerson(alone.db, 'anna.active')
    const answer = await sendRaw(alone.port, form(body, forged))
    expect(answer.status).toBe(303)
    expect(answer.all).not.toContain('evil')
    expect(await alone.db.session.count({ where: { ip: '127.0.0.1' } })).toBe(1)

    const behind = await start({ TRUST_PROXY: '127.0.0.1' })
    await addPerson(behind.db, 'anna.active')
    expect((await sendRaw(behind.port, form(body, forged))).status).toBe(421)
    const told = [
      'Host: internal:8080',
      'X-Forwarded-Host: localhost:3000',
      'X-Forwarded-For: 198.51.100.1, 203.0.113.7',
    ]
    expect((await sendRaw(behind.port, form(body, told))).status).toBe(303)
    // The hop before the trusted one; what the visitor wrote further left is not believed.
    expect(await behind.db.session.count({ where: { ip: '203.0.113.7' } })).toBe(1)
  })
})

describe('a request that two servers could read differently', () => {
  const smuggled = 'GET /healthz HTTP/1.1\r\nHost: localhost:3000\r\n\r\n'
  const post = (...headers: string[]) =>
    ['POST /login HTTP/1.1', 'Host: localhost:3000', 'Sec-Fetch-Site: same-origin', ...headers, '', ''].join(
      '\r\n',
    )
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const requests = {
    'length and chunks': `${post(type, 'Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
    'chunks and length': `${post(type, 'Transfer-Encoding: chunked', 'Content-Length: 4')}5c\r\n${smuggled}\r\n0\r\n\r\n`,
    'two lengths': `${post(type, 'Content-Length: 0', 'Content-Length: 44')}${smuggled}`,
    'a list of lengths': `${post(type, 'Content-Length: 0, 44')}${smuggled}`,
    'a length with a sign': `${post(type, 'Content-Length: +0')}${smuggled}`,
    'a negative length': `${post(type, 'Content-Length: -1')}${smuggled}`,
    'a length in hex': `${post(type, 'Content-Length: 0x0')}${smuggled}`,
    'an unknown coding': `${post(type, 'Transfer-Encoding: xchunked')}0\r\n\r\n${smuggled}`,
    'chunks, then another coding': `${post(type, 'Transfer-Encoding: chunked, identity')}0\r\n\r\n${smuggled}`,
    'two codings': `${post(type, 'Transfer-Encoding: chunked', 'Transfer-Encoding: x')}0\r\n\r\n${smuggled}`,
    'a space before the colon': `${post(type, 'Transfer-Encoding : chunked')}0\r\n\r\n${smuggled}`,
    'a folded line': `${post(type, 'X-Fold: a', ' Transfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
    'a bare CR': `${post(type, 'X: a\rTransfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
    'a NUL in a header': `${post(type, 'X: a\0b')}${smuggled}`,
    'a chunk size that is no number': `${post(type, 'Transfer-Encoding: chunked')}zz\r\n\r\n${smuggled}`,
    'a chunk that is longer than it says': `${post(type, 'Transfer-Encoding: chunked')}1\r\nabc\r\n0\r\n\r\n${smuggled}`,
    'no such protocol': `GET /login HTTP/9.9\r\nHost: localhost:3000\r\n\r\n${smuggled}`,
    'no such method': `HACK /login HTTP/1.1\r\nHost: localhost:3000\r\n\r\n${smuggled}`,
    'another protocol altogether': `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${smuggled}`,
  }
  for (const [name, bytes] of Object.entries(requests))
    test(`is refused, and nothing after it is answered: ${name}`, async () => {
      const { port } = await start()
      const answer = await sendRaw(port, bytes)
      expect(answer.status).toBe(400)
      expectOurHeaders(answer.headers)
      expect(answer.headers).toMatchObject({
        connection: 'close',
        'content-type': 'text/plain; charset=utf-8',
      })
      expect(answer.all.match(/HTTP\/1\.1 /g)).toHaveLength(1)
      expectNoInsides(answer.all)
    })
})

describe('a limit', () => {
  test('lets in what is just under it, and answers what is over it', async () => {
    const { port } = await start()
    const cookies = (n: number) => [`Cookie: ${Array.from({ length: n }, (_, i) => `c${i}=1`).join('; ')}`]
    const fill = (n: number) => 'a'.repeat(n)
    const cases: [string, number, string][] = [
      ['address of 2048', 404, written('GET', `/${fill(2047)}`)],
      ['address of 2049', 414, written('GET', `/${fill(2048)}`)],
      ['headers of 7.5 KiB', 200, written('GET', '/login', [`X-Long: ${fill(7.5 * KIB)}`])],
      ['headers of 8.5 KiB', 431, written('GET', '/login', [`X-Long: ${fill(8.5 * KIB)}`])],
      ['20 cookies', 200, written('GET', '/login', cookies(20))],
      ['21 cookies', 400, written('GET', '/login', cookies(21))],
      ['body of 16 KiB', 422, form(fill(16 * KIB))],
      ['body of 16 KiB and 1', 413, form(fill(16 * KIB + 1))],
      ['chunks of 16 KiB', 422, chunked(fill(8 * KIB), fill(8 * KIB))],
      ['chunks of 16 KiB and 1', 413, chunked(fill(8 * KIB), fill(8 * KIB), 'a')],
      ['an expectation nobody has', 200, written('GET', '/login', ['Expect: wonders'])],
    ]
    for (const [name, status, bytes] of cases) {
      const answer = await sendRaw(port, bytes)
      expect(answer.status, name).toBe(status)
      expectOurHeaders(answer.headers, name)
      expectNoInsides(answer.all, name)
    }
  })

  test('ends the connection if the body was not read to its end', async () => {
    const { port } = await start()
    const next = 'GET /healthz HTTP/1.1\r\nHost: localhost:3000\r\n\r\n'
    const kept = (request: string) => request.replace('Connection: close\r\n', '') + next
    const long = form('a'.repeat(16 * KIB + 1))
    for (const [status, request] of [
      [413, long],
      [413, chunked('a'.repeat(16 * KIB + 1))],
      [400, form('login=%zz')],
      [415, long.replace('application/x-www-form-urlencoded', 'text/plain')],
      [403, long.replace('same-origin', 'cross-site').slice(0, -1)],
    ] as const) {
      const answer = await sendRaw(port, kept(request))
      expect(answer.status).toBe(status)
      expect(answer.headers.connection).toBe('close')
      expect(answer.all.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    }
    const rejected = await dial(port)
    rejected.write(kept(form('login=')))
    rejected.end()
    expect((await untilClosed(rejected)).all.match(/HTTP\/1\.1 (422|200) /g)).toHaveLength(2)
  })

  test('cuts an endless body early, and memory stays as it is', async () => {
    const { app, port } = await start()
    const chunk = `10000\r\n${'a'.repeat(64 * KIB)}\r\n`
    const before = process.memoryUsage()
    const sent = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = await dial(port)
        const answer = untilClosed(socket)
        socket.write(chunked().replace(/0\r\n\r\n$/, ''))
        for (let written = 0; written < 1024 ** 3; written += chunk.length) {
          if (socket.destroyed || !socket.writable) return { answer: await answer, written }
          if (!socket.write(chunk))
            await Promise.race([new Promise((next) => socket.once('drain', next)), answer])
        }
        return { answer: await answer, written: 1024 ** 3 }
      }),
    )
    for (const { written } of sent) expect(written).toBeLessThan(16 * KIB * KIB)
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    expect(heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(64 * KIB * KIB)
    expect((await app.inject({ url: '/healthz', headers: { host: 'localhost:3000' } })).statusCode).toBe(200)
  })
})

test('a body is a form or JSON, exactly, or it is not read', async () => {
  const { db, port } = await start()
  const before = await accountsIn(db)
  const taken = [
    ...['application/x-www-form-urlencoded', 'Application/X-WWW-Form-Urlencoded', 'application/json'],
    ...[
      'application/x-www-form-urlencoded; charset=utf-8',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ...[
      'application/json; charset=utf-8',
      'application/json;charset=utf-8',
      'APPLICATION/JSON; CHARSET=UTF-8',
    ],
  ]
  const refused = [
    ...['', 'text/plain', 'text/html', 'text/json', 'multipart/form-data', 'multipart/form-data; boundary=x'],
    ...[
      'application/octet-stream',
      'application/xml',
      'application/jsonp',
      'application/json5',
      'application/ld+json',
    ],
    ...['application/json\tx', 'application/json x', 'application/json ; charset=utf-8', 'application /json'],
    ...[
      'application/json;',
      'application/json; charset=utf-16',
      'application/json; charset=utf-7',
      'application/json; charset=latin1',
    ],
    ...[
      'application/json; charset="utf-8"',
      'application/json; charset=utf-8; charset=utf-16',
      'application/json; x=y',
    ],
    ...[
      'application/json, text/plain',
      'text/plain, application/json',
      'text/plain; application/json',
      'xapplication/json',
    ],
    ...[
      'application/jsonapplication/json',
      '*/*',
      'application/*',
      'json',
      'application/json\xa0',
      'application/json\x85',
    ],
  ]
  expect(taken.length + refused.length).toBeGreaterThan(30)
  const post = async (type: string) => {
    const body = type.toLowerCase().includes('json') ? '{}' : 'login='
    return sendRaw(
      port,
      form(body).replace('Content-Type: application/x-www-form-urlencoded', `Content-Type: ${type}`),
    )
  }
  for (const type of taken) expect((await post(type)).status, type).toBe(422)
  for (const type of refused) expect((await post(type)).status, JSON.stringify(type)).toBe(415)
  expect(await accountsIn(db)).toBe(before)
})
