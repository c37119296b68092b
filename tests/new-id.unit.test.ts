import { expect, test } from 'vitest'
import { idAt, newId, timeOf } from '../src/accounts/new-id.ts'

test('ids come in the order in which they are made, many in one millisecond too', () => {
  const ids = Array.from({ length: 50_000 }, newId)
  expect(ids).toEqual(ids.toSorted())
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('an id tells when it was made', () => {
  const before = Date.now()
  const id = newId()
  const at = timeOf(id)
  expect(at).toBeGreaterThanOrEqual(before)
  expect(at).toBeLessThanOrEqual(Date.now())
  expect(id.startsWith(idAt(new Date(at)))).toBe(true)
})
