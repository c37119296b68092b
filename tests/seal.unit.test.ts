import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { isOutdated, seal, unseal } from '../src/accounts/seal.ts'
import type { SecretKeys } from '../src/accounts/secret-key.ts'
import fc from './support/fast-check.ts'

const key = (name: string) => createHash('sha256').update(name).digest()
const [OLD, NEW] = [key('old'), key('new')]
const keys: SecretKeys = [OLD]
const plain = Buffer.from('12345678901234567890')
const sealed = seal(keys, plain, 'authenticator:ana')

test('opens again where it was sealed for, and is another each time', () => {
  const anything = fc.property(fc.uint8Array({ maxLength: 100 }), fc.string(), (bytes, context) => {
    expect(unseal(keys, seal(keys, bytes, context), context)).toEqual(Buffer.from(bytes))
  })
  fc.assert(anything)
  expect(seal(keys, plain, 'authenticator:ana')).not.toEqual(sealed)
  expect(Buffer.from(sealed).includes(plain)).toBe(false)
})

test('does not open for another member or another purpose: rows can’t be swapped', () => {
  expect(unseal(keys, sealed, 'authenticator:ben')).toBeUndefined()
  expect(unseal(keys, sealed, 'enrolment:ana')).toBeUndefined()
})

test('does not open with another key', () => {
  expect(unseal([NEW], sealed, 'authenticator:ana')).toBeUndefined()
})

test('does not open with any bit of it changed, or any part cut off', () => {
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.map((byte, i) => (i === at ? byte ^ 1 : byte))
    expect(unseal(keys, changed, 'authenticator:ana'), `byte ${at}`).toBeUndefined()
    expect(unseal(keys, sealed.subarray(0, at), 'authenticator:ana'), `${at} bytes`).toBeUndefined()
  }
})

test('opens with a former key, and says that it should be sealed anew', () => {
  const both: SecretKeys = [NEW, OLD]
  expect(unseal(both, sealed, 'authenticator:ana')).toEqual(plain)
  expect(isOutdated(both, sealed)).toBe(true)
  expect(isOutdated(both, seal(both, plain, 'authenticator:ana'))).toBe(false)
  expect(isOutdated(keys, sealed)).toBe(false)
})
