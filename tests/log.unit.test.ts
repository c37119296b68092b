import { expect, test } from 'vitest'
import { withoutNames } from '../src/http/log.ts'
import { cpuTime } from './support/cpu-time.ts'

test.each([
  ['/nowhere', '/nowhere'],
  ['/nowhere?email=ana@example.org', '/nowhere'],
  ['/of/ana@example.org/now', '/of/:address/now'],
  ['/ana%40example.org', '/:address'],
  ['/a/0199ab00-0000-7000-8000-000000000001/b', '/a/:id/b'],
  ['/0199ab00-0000-7000-8000-000000000001@x/', '/:address/'],
  ['/ü\n', '/%C3%BC%0A'],
])('the path %j is logged as %s', (url, logged) => {
  expect(withoutNames(url)).toBe(logged)
})

test('a path as long as a request may be is logged within a millisecond, with room for a slow machine', () => {
  for (const unit of ['x', '/', '@', '%40', '%4', '0', '0000-'])
    expect(
      cpuTime(() => void withoutNames(`/${unit.repeat(8000 / unit.length)}`)),
      unit,
    ).toBeLessThan(5)
})
