import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BadConfiguration, readConfig } from '../src/config.ts'
import { days, hours } from '../src/time.ts'
import fc from './support/fast-check.ts'

/** The problems of an environment, none if it is fine. */
function problems(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error
    return error.problems
  }
}

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-configuration-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(`${folder}/value`, content)
  return `${folder}/value`
}

const good: [string, Record<string, string>, object][] = [
  ['HOST', { HOST: '0.0.0.0' }, { host: '0.0.0.0' }],
  ['PORT', { PORT: '8080' }, { port: 8080, baseUrl: 'http://localhost:8080' }],
  ['BASE_URL', { BASE_URL: 'https://a.example.org/' }, { baseUrl: 'https://a.example.org', https: true }],
  ['BASE_URL', { BASE_URL: 'https://a.example.org' }, { origins: ['https://a.example.org'] }],
  ['BASE_URL', { BASE_URL: 'http://127.0.0.1:81' }, { baseUrl: 'http://127.0.0.1:81', https: false }],
  ['DATABASE_URL', { DATABASE_URL: 'postgres://host/db' }, { databaseUrl: 'postgres://host/db' }],
  ['SECRET_KEY', { SECRET_KEY: 'k'.repeat(32) }, { secretKeys: ['k'.repeat(32)] }],
  [
    'SMTP_URL',
    { SMTP_URL: 'smtp://user:secret@mail.example.org:587' },
    {
      mail: { way: 'server', smtpUrl: 'smtp://user:secret@mail.example.org:587', requireTls: true },
      email: 'required',
    },
  ],
  ['SMTP_URL', { SMTP_URL: 'smtp://127.0.0.1:1025' }, { mail: { requireTls: false } }],
  ['SMTP_URL', { SMTP_URL: 'smtps://mail.example.org', EMAIL: 'optional' }, { email: 'optional' }],
  [
    'MAIL_FROM',
    { MAIL_FROM: 'a@example.org' },
    { mail: { from: { name: 'Foyer', address: 'a@example.org' } } },
  ],
  [
    'MAIL_FROM',
    { MAIL_FROM: 'Acme, Accounts <a@example.org>' },
    { mail: { from: { name: 'Acme, Accounts', address: 'a@example.org' } } },
  ],
  [
    'BASE_URL',
    { BASE_URL: 'https://a.example.org', BRAND_NAME: 'Acme' },
    { mail: { way: 'none', from: { name: 'Acme', address: 'no-reply@a.example.org' } } },
  ],
  ['MAIL_PER_HOUR', { MAIL_PER_HOUR: '100' }, { mail: { perHour: 100 } }],
  ['SIGN_UP', { SIGN_UP: 'closed' }, { signUp: 'closed' }],
  ['SIGN_UP', { SIGN_UP: 'approval' }, { signUp: 'approval' }],
  ['SIGN_UP', { SIGN_UP: 'invite' }, { signUp: 'invite' }],
  ['EMAIL', { EMAIL: 'off' }, { email: 'off' }],
  ['EMAIL', { EMAIL: 'required' }, { email: 'required', mail: { smtpUrl: undefined } }],
  [
    'ALLOWED_EMAIL_DOMAINS',
    { ALLOWED_EMAIL_DOMAINS: 'Example.org, b.example', EMAIL: 'required' },
    { emailDomains: { allowed: ['example.org', 'b.example'], blocked: [] } },
  ],
  [
    'BLOCKED_EMAIL_DOMAINS',
    { BLOCKED_EMAIL_DOMAINS: 'mailinator.com' },
    { emailDomains: { allowed: [], blocked: ['mailinator.com'] } },
  ],
  ['PASSWORD_MIN_LENGTH', { PASSWORD_MIN_LENGTH: '15' }, { passwordMinLength: 15 }],
  ['ADMIN_NETWORKS', { ADMIN_NETWORKS: '10.0.0.0/8' }, { adminNetworks: ['10.0.0.0/8'] }],
  ['TRUST_PROXY', { TRUST_PROXY: '10.0.0.0/8, ::1' }, { trustProxy: ['10.0.0.0/8', '::1'] }],
  ['BRAND_NAME', { BRAND_NAME: ' Acme ' }, { brand: { name: 'Acme' } }],
  ['BRAND_URL', { BRAND_URL: 'https://a.example.org' }, { brand: { url: 'https://a.example.org' } }],
  ['TERMS_URL', { TERMS_URL: 'https://a.example.org/t' }, { brand: { terms: 'https://a.example.org/t' } }],
  ['PRIVACY_URL', { PRIVACY_URL: 'http://a.example.org' }, { brand: { privacy: 'http://a.example.org' } }],
  [
    'RETURN_ORIGINS',
    { RETURN_ORIGINS: 'https://b.org,https://c.org:8443' },
    { returnOrigins: ['https://b.org', 'https://c.org:8443'] },
  ],
  [
    'RETURN_ORIGINS',
    { RETURN_ORIGINS: 'http://localhost:5173,http://[::1]:81,http://127.0.0.1' },
    { returnOrigins: ['http://localhost:5173', 'http://[::1]:81', 'http://127.0.0.1'] },
  ],
  ['BRAND_COLOR', { BRAND_COLOR: '#7C2D12' }, { brand: { color: '#7C2D12' } }],
  ['LAMP_COLOR', { LAMP_COLOR: '#f5b83d' }, { brand: { lamp: '#f5b83d' } }],
  ['KEEP_MAILS_DAYS', { KEEP_MAILS_DAYS: '3' }, { periods: { mails: days(3) } }],
  ['CONFIRM_WITHIN_HOURS', { CONFIRM_WITHIN_HOURS: '24' }, { periods: { confirm: hours(24) } }],
  ['ERASE_AFTER_DAYS', { ERASE_AFTER_DAYS: '30' }, { periods: { erase: days(30) } }],
  ['KEEP_ADDRESSES_DAYS', { KEEP_ADDRESSES_DAYS: '90' }, { periods: { addresses: days(90) } }],
  ['KEEP_AUDIT_DAYS', { KEEP_AUDIT_DAYS: '365' }, { periods: { audit: days(365) } }],
  ['HOLD_NAMES_DAYS', { HOLD_NAMES_DAYS: '365' }, { periods: { names: days(365) } }],
  ['ARGON2_MEMORY_KIB', { ARGON2_MEMORY_KIB: '65536' }, { argon2: { memoryCost: 65536 } }],
  ['ARGON2_PASSES', { ARGON2_PASSES: '3' }, { argon2: { timeCost: 3 } }],
  ['LOG_LEVEL', { LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
]

const bad: Record<string, string[]> = {
  PORT: ['0', '65536', '-1', '80.5', '0x50', 'http', '８０'],
  BASE_URL: [
    'a.example.org',
    'ftp://a.org',
    'https://a.org/x',
    'https://a.org?x',
    'https://u:p@a.org',
    'http://10.0.0.1',
    'http://a.org',
    'http://localhost.a.org',
    'javascript:1',
  ],
  DATABASE_URL: ['file:', 'mysql://host/db', 'postgresql://', '/var/foyer.db'],
  SECRET_KEY: ['short'],
  SMTP_URL: ['mail.example.org', 'http://mail.example.org', 'smtp://', 'smtp://a b'],
  MAIL_FROM: [
    'accounts',
    'a@',
    'Foyer a@example.org',
    'a@example.org>',
    '<a@example.org>',
    'a@b.org, c@d.org',
  ],
  MAIL_PER_HOUR: ['0', '1000001', 'many'],
  SIGN_UP: ['maybe', 'OPEN'],
  EMAIL: ['yes'],
  ALLOWED_EMAIL_DOMAINS: ['@example.org', '*.example.org', 'example', 'example.org example.com'],
  BLOCKED_EMAIL_DOMAINS: ['ana@example.org', '.com', '10.0.0.1', 'münchen.example'],
  PASSWORD_MIN_LENGTH: ['7', '65', 'twelve'],
  TRUST_PROXY: [
    'yes',
    'loopback',
    '10.0.0.0/33',
    '10.0.0.0/0',
    '10.0.0.0/8/8',
    '::1/129',
    '10.0.0.1;10.0.0.2',
  ],
  ADMIN_NETWORKS: ['office', '10.0.0.0/33', '::1/0'],
  BRAND_NAME: ['   ', 'x'.repeat(61)],
  BRAND_COLOR: ['red', '#abc', '0d5c63', '#0d5c63; } body { display: none', 'url(#0d5c63)'],
  LAMP_COLOR: ['#f5b83'],
  BRAND_URL: ['a.example.org', 'javascript:alert(1)'],
  TERMS_URL: ['/terms'],
  PRIVACY_URL: ['data:text/html,x'],
  RETURN_ORIGINS: [
    'https://a.org/',
    '*',
    'https://*',
    'https://*.a.org',
    'https://a.org:*',
    'https://a.org;script-src',
    'https://a.org https://b.org',
    "https://a.org,'unsafe-inline'",
    'http://a.org',
    'http://10.0.0.1',
    'http://localhost.a.org',
    'https://a.org,http://b.org',
    'https://u:p@a.org',
    'https://a.org:443',
    'HTTPS://A.org',
    'https://münchen.example',
    'a.org',
    'https://a.org,null',
  ],
  ARGON2_MEMORY_KIB: ['19455', '1048577', '1e5'],
  ARGON2_PASSES: ['1', '17'],
  KEEP_MAILS_DAYS: ['2', '366', '-30', '1e2'],
  CONFIRM_WITHIN_HOURS: ['0', '169'],
  ERASE_AFTER_DAYS: ['0', '31'],
  HOLD_NAMES_DAYS: ['29', '3651'],
  KEEP_ADDRESSES_DAYS: ['6', '366'],
  KEEP_AUDIT_DAYS: ['89', '36501'],
  LOG_LEVEL: ['loud'],
  GEOIP_DATABASE: ['/no/such/places.mmdb'],
}

test('an empty environment is a whole configuration', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 3000,
    baseUrl: 'http://localhost:3000',
    https: false,
    origins: ['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000'],
    databaseUrl: 'file:./data/foyer.db',
    signUp: 'open',
    email: 'optional',
    emailDomains: { allowed: [], blocked: [] },
    secretKeys: undefined,
    requireTwoFactor: 'off',
    geoipDatabase: undefined,
    mail: {
      way: 'log',
      arrives: false,
      smtpUrl: undefined,
      requireTls: false,
      from: { name: 'Foyer', address: 'no-reply@localhost' },
      hasName: false,
      perHour: 3600,
    },
    passwordMinLength: 12,
    trustProxy: [],
    adminNetworks: [],
    brand: {
      ...{ name: 'Foyer', color: undefined, lamp: undefined, logo: undefined },
      ...{ url: undefined, terms: undefined, privacy: undefined },
    },
    texts: { terms: undefined, privacy: undefined },
    periods: {
      mails: days(30),
      confirm: hours(72),
      erase: days(7),
      names: days(90),
      addresses: days(30),
      audit: days(730),
    },
    given: {},
    returnOrigins: [],
    argon2: { memoryCost: 19456, timeCost: 2, parallelism: 1 },
    logLevel: 'info',
  })
})

describe.each(good)('%s', (name, env, expected) => {
  test(`takes ${env[name]}, from the environment or a file`, () => {
    expect(readConfig(env)).toMatchObject(expected)
    const { [name]: value, ...others } = env
    expect(readConfig({ ...others, [`${name}_FILE`]: fileWith(`${value}\n`) })).toMatchObject(expected)
  })
})

test.each(Object.entries(bad).flatMap(([name, values]) => values.map((value) => [name, value])))(
  '%s does not take “%s”, and says so in one line',
  (name = '', value = '') => {
    const others = name === 'ALLOWED_EMAIL_DOMAINS' ? { EMAIL: 'required' } : {}
    expect(problems({ ...others, [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: [^\\n]+$`)),
    ])
  },
)

test('domains are allowed only where addresses are proven', () => {
  const env = { ALLOWED_EMAIL_DOMAINS: 'example.org' }
  expect(problems(env)).toEqual([expect.stringMatching(/^ALLOWED_EMAIL_DOMAINS: needs EMAIL=required/)])
  expect(problems({ ...env, SMTP_URL: 'smtp://localhost' })).toEqual([])
})

test('an empty variable is one that is not set', () => {
  expect(readConfig(Object.fromEntries(Object.keys(bad).map((name) => [name, ''])))).toEqual(readConfig({}))
})

test('every problem is told at once', () => {
  const env = Object.fromEntries(Object.entries(bad).map(([name, [value = '']]) => [name, value]))
  const named = problems(env).map((line) => line.split(':')[0])
  expect([...new Set(named)]).toEqual(Object.keys(bad))
})

describe('a value from a file', () => {
  test('that is missing, a folder or empty is a problem, never the default', () => {
    expect(problems({ DATABASE_URL_FILE: '/nowhere' })).toEqual([expect.stringContaining('ENOENT')])
    expect(problems({ DATABASE_URL_FILE: tmpdir() })).toEqual([expect.stringContaining('EISDIR')])
    const path = fileWith(' \n')
    expect(problems({ DATABASE_URL_FILE: path })).toEqual([`DATABASE_URL_FILE: ${path} is empty`])
  })

  test.each(['open', 'maybe'])('is not to be in the environment too, be it as %s', (value) => {
    expect(problems({ SIGN_UP: value, SIGN_UP_FILE: '/nowhere' })).toEqual([
      'SIGN_UP: set either SIGN_UP or SIGN_UP_FILE, not both',
    ])
  })
})

test('whatever the environment holds, it is a configuration that the server takes, or a list of problems', () => {
  const samples = [...good.map(([name, env]) => env[name] ?? ''), ...Object.values(bad).flat()]
  const value = fc.oneof(fc.constantFrom(...samples), fc.string({ unit: 'binary' }), fc.webUrl(), fc.ipV6())
  const names = Object.keys(bad).flatMap((name) => [name, `${name}_FILE`])
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), (env) => {
      const found = problems(env)
      if (found.length) return found.every((line) => /^[A-Z0-9_]+: /.test(line))
      const { trustProxy } = readConfig(env)
      return Fastify({ trustProxy: trustProxy.length > 0 && trustProxy }) !== undefined
    }),
    { numRuns: 2_000 },
  )
})
