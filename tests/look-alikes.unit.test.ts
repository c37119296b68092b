import { expect, test } from 'vitest'
import { nearbySkeletons } from '../src/accounts/look-alikes.ts'
import { isThrowAway } from '../src/accounts/throw-away-domains.ts'
import { canonicalUsername } from '../src/accounts/username.ts'
import fc from './support/fast-check.ts'

const skeletonOf = (name: string) => {
  const prepared = canonicalUsername(name)
  return prepared.ok ? prepared.value.skeleton : ''
}
const looksLike = (name: string, other: string) =>
  nearbySkeletons(skeletonOf(name)).includes(skeletonOf(other))

test.each([
  ['ana.silva2', 'ana.silva'],
  ['ana.silva', 'ana.silva7'],
  ['ana.silva', 'ana.silva1'],
  ['anna.silva', 'ana.silva'],
  ['ana.silva', 'anna.silva'],
  ['ana.slva', 'ana.silva'],
  ['ana.slivaa', 'ana.sliva'],
  ['ana.sivla', 'ana.silva'],
  ['ana-silva', 'ana.silva'],
  ['ana.silva', 'anasilva'],
  ['佐藤花', '佐藤花花'],
])('%s looks like %s', (name, other) => {
  expect(looksLike(name, other) || looksLike(other, name)).toBe(true)
})

test.each([
  ['ana.silva', 'ana.silva'],
  ['ana.silva', 'tom.bauer'],
  ['ana.silva', 'ana.silveira'],
])('%s doesn’t look like %s', (name, other) => {
  expect(looksLike(name, other)).toBe(false)
})

test('however long a name is, few others are looked for', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 32 }), (skeleton) => {
      const nearby = nearbySkeletons(skeleton)
      expect(new Set(nearby).size).toBe(nearby.length)
      expect(nearby.length).toBeLessThan(10 + 6 * Array.from(skeleton).length + 1)
      expect(nearby).not.toContain(skeleton)
    }),
  )
})

test('an address of ten minutes is known by its domain, and by one above it', () => {
  expect(isThrowAway('ana@mailinator.com')).toBe(true)
  expect(isThrowAway('ana@eu.mailinator.com')).toBe(true)
  expect(isThrowAway('ana@notmailinator.com')).toBe(false)
  expect(isThrowAway('mailinator.com@example.org')).toBe(false)
})
