import { Secret, TOTP, URI } from 'otpauth'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { newTotpSecret, otpauthUri, readableKey, stepOf, totp } from '../src/accounts/totp.ts'
import { seconds } from '../src/time.ts'
import fc from './support/fast-check.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const secrets = fc.uint8Array({ minLength: 20, maxLength: 20 })
const instants = fc.integer({ min: seconds(60), max: 8_000_000_000_000 })
const others = (secret: Uint8Array) =>
  new TOTP({ secret: new Secret({ buffer: new Uint8Array(secret).buffer }) })

test('codes are those of RFC 6238, whose last six digits ours are', () => {
  const secret = Buffer.from('12345678901234567890')
  for (const [time, code] of [
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ] as const)
    expect(totp(secret, Math.floor(time / 30)), String(time)).toBe(code.slice(-6))
})

test('another implementation shows the codes we take, and takes those we make', () => {
  const ways = fc.property(secrets, instants, (secret, at) => {
    vi.setSystemTime(at)
    const step = Math.floor(at / seconds(30))
    expect(stepOf(secret, others(secret).generate({ timestamp: at }))).toBeDefined()
    expect(others(secret).validate({ token: totp(secret, step), timestamp: at, window: 0 })).toBe(0)
  })
  fc.assert(ways, { numRuns: 200 })
})

describe('a code', () => {
  // In the middle of a step, so that half a minute off is the step beside it, and a whole minute two.
  const at = 1_800_000_015_000
  const secret = Buffer.from('12345678901234567890')
  const shownAt = (offset: number) => others(secret).generate({ timestamp: at + seconds(offset) })

  test('works on a clock that is half a minute off, and not on one that is a minute off', () => {
    vi.setSystemTime(at)
    const step = at / seconds(30) - 0.5
    expect([-31, 0, 31].map((offset) => stepOf(secret, shownAt(offset)))).toEqual([step - 1, step, step + 1])
    expect([-61, 61].map((offset) => stepOf(secret, shownAt(offset)))).toEqual([undefined, undefined])
  })
})

test('an app reads from the QR code what we have, whatever the service and the member are called', () => {
  const names = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((name) => name.isWellFormed() && /[^:]/.test(name))
  const reading = fc.property(secrets, names, (secret, service) => {
    const read = URI.parse(otpauthUri(secret, service, 'ana.silva'))
    expect(read).toMatchObject({
      issuer: service.replaceAll(':', ''),
      label: 'ana.silva',
      algorithm: 'SHA1',
      digits: 6,
      period: 30,
    })
    expect(Buffer.from(read.secret.bytes)).toEqual(Buffer.from(secret))
  })
  fc.assert(reading, { numRuns: 100 })
})

test('a key is 160 bits, in eight groups of four that can be typed', () => {
  const secret = newTotpSecret()
  expect(secret).toHaveLength(20)
  expect(readableKey(secret)).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/)
  expect(Secret.fromBase32(readableKey(secret).replaceAll(' ', '')).bytes).toEqual(new Uint8Array(secret))
})
