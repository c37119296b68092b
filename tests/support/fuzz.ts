import fc from './fast-check.ts'

const paths = [
  ...[
    '/',
    '/register',
    '/register/username',
    '/login',
    '/logout',
    '/account',
    '/account/name',
    '/account/email',
    '/account/password',
    '/setup',
  ],
  ...['/admin', '/admin/users', '/healthz', '/readyz', '/assets/foyer.css', '/.well-known/x', '/nowhere'],
]
const junk = ['%', '%00', '%ff', '%2e%2e/', '..', '//', '?', '&', '=', '[', '__proto__', ';', '\\', '?token=']
const methods = [
  ...['GET', 'GET', 'HEAD', 'POST', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'],
  ...['QUERY', 'PURGE', 'PROPFIND'],
]
const types = [
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/form-data',
  'x',
]
const sessions = [
  'foyer-session=x',
  `foyer-session=${'A'.repeat(43)}`,
  `foyer-setup=${'A'.repeat(43)}`,
  'a=1;'.repeat(30),
]

/** What may stand in a path or a header: any byte but blanks and controls. */
const bytes = fc.string({
  unit: fc.integer({ min: 0x21, max: 0xff }).map((n) => String.fromCharCode(n === 0x7f ? 0x80 : n)),
})

const path = fc
  .tuple(fc.constantFrom(...paths), fc.array(fc.oneof(fc.constantFrom(...junk), bytes), { maxLength: 3 }))
  .map(([known, rest]) => known + rest.join(''))

const headers = fc.record(
  {
    accept: fc.oneof(fc.constantFrom('application/json', 'text/html', '*/*'), bytes),
    'content-type': fc.constantFrom(...types, 'application/json; charset=utf-16'),
    'content-encoding': fc.constantFrom('gzip', 'identity'),
    cookie: fc.oneof(bytes, fc.constantFrom(...sessions)),
    origin: fc.constantFrom('null', 'https://evil.example', 'http://localhost'),
    'sec-fetch-site': fc.constantFrom('same-origin', 'same-origin', 'cross-site', 'none', 'x'),
    host: fc.constantFrom('evil.example', ''),
    'x-forwarded-for': fc.oneof(fc.ipV4(), fc.ipV6(), bytes),
    'user-agent': bytes,
    range: fc.constant('bytes=0-1,2-3'),
    'if-none-match': bytes,
  },
  { requiredKeys: [] },
)

const fields = fc.dictionary(
  fc.constantFrom(
    'username',
    'email',
    'password',
    'current',
    'login',
    'name',
    'return_to',
    'website',
    '__proto__',
    'x',
  ),
  fc.oneof(fc.string({ unit: 'binary' }), fc.constant('correct-horse-battery'), bytes),
)
const body = fc.oneof(
  fields.map((values) => new URLSearchParams(values).toString()),
  fc.oneof(fields, fc.jsonValue()).map((value) => JSON.stringify(value)),
  bytes.map((text) => text.repeat(2_000)),
  bytes,
)

/** Requests that a server may be sent by anyone, the same for one seed. Half of them have a body. */
export const randomRequests = (seed: number, count: number) =>
  fc.sample(fc.record({ method: fc.constantFrom(...methods), path, headers, body: fc.option(body) }), {
    seed,
    numRuns: count,
  })

/** The bytes of a correct sign-in with some of them replaced. */
export const damagedRequests = (seed: number, host: string, count: number) => {
  const form = 'login=ana.silva&password=x'
  const whole = Buffer.from(
    `POST /login HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${types[1]}\r\nContent-Length: ${form.length}\r\n\r\n${form}`,
  )
  const damage = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }))
  return fc
    .sample(fc.array(damage, { minLength: 1, maxLength: 8 }), { seed, numRuns: count })
    .map((places) => {
      const request = Buffer.from(whole)
      for (const [at, byte] of places) request[at] = byte
      return request
    })
}
