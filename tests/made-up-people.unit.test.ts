import { expect, test } from 'vitest'
import { COLUMNS, madeUpPeople } from '../bench/made-up-people.ts'
import { prepareEmail } from '../src/accounts/email.ts'
import { prepareUsername } from '../src/accounts/username.ts'

const UNTIL = Date.UTC(2026, 10, 22)
const people = [...madeUpPeople(20_000, UNTIL)].map((row) =>
  Object.fromEntries(COLUMNS.map((column, i) => [column, row[i]])),
)

test('made-up people could have signed up', () => {
  const refused = people.filter(({ username, usernameSkeleton, email, emailKey }) => {
    const prepared = prepareUsername(String(username))
    const address = prepareEmail(String(email))
    const known =
      email === null || (address.ok && address.value.email === email && address.value.key === emailKey)
    return !prepared.ok || prepared.value.skeleton !== usernameSkeleton || !known
  })
  expect(refused).toEqual([])
})

test('made-up people differ, and come in the order of their ids', () => {
  for (const column of ['id', 'username', 'usernameSkeleton'])
    expect(new Set(people.map((person) => person[column])).size).toBe(people.length)
  const addresses = people.map(({ email }) => email).filter((email) => email !== null)
  expect(new Set(addresses).size).toBe(addresses.length)
  const ids = people.map(({ id }) => String(id))
  expect(ids).toEqual(ids.toSorted())
})

test('made-up people are as mixed as people are', () => {
  const share = (is: (person: (typeof people)[number]) => boolean) =>
    Math.round((people.filter(is).length / people.length) * 1000) / 10
  expect(share(({ status }) => status === 'active')).toBeCloseTo(93.2, 0)
  expect(share(({ status }) => status === 'pending')).toBeCloseTo(6, 0)
  expect(share(({ twoFactor }) => twoFactor === 1)).toBeCloseTo(18.6, 0)
  expect(share(({ passwordHash }) => !String(passwordHash).startsWith('$argon2id$'))).toBeCloseTo(5, 0)
  expect(people.filter(({ role }) => role === 'admin')).toHaveLength(3)
  expect(people.filter(({ role }) => role === 'support')).toHaveLength(20)
})
