import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import argon2 from 'argon2'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { passwordAttempt } from '../src/accounts/password.ts'
import { createPasswordHasher } from '../src/accounts/password-hasher.ts'
import { Refusal } from '../src/errors.ts'

// Far below what the configuration allows: these tests are about what surrounds a hash.
const cheap = { memoryCost: 1024, timeCost: 2, parallelism: 1 }
const hasher = await createPasswordHasher(cheap)

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a hash', () => {
  test('is an argon2id PHC string with its own salt of 16 bytes', async () => {
    const [one, other] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=1024,p=1,t=2\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(other).not.toBe(one)
  })

  test('matches its password and no other', async () => {
    const stored = await hasher.hash('correct horse')
    expect(await hasher.verify(stored, 'correct horse')).toBe(true)
    expect(await hasher.verify(stored, 'correct horsf')).toBe(false)
    expect(await hasher.verify(stored, ' correct horse')).toBe(false)
    expect(await hasher.verify(stored, '')).toBe(false)
  })

  test('matches the same password composed and decomposed, with any kind of space', async () => {
    const stored = await hasher.hash(passwordAttempt('caf\u00e9 au lait') ?? '')
    expect(await hasher.verify(stored, passwordAttempt('cafe\u0301 au\u00a0lait') ?? '')).toBe(true)
  })

  test('tells passwords apart to the last of 256 code points', async () => {
    const long = '😀'.repeat(255)
    expect(await hasher.verify(await hasher.hash(`${long}a`), `${long}b`)).toBe(false)
  })

  test('is read with its parameters in either order', async () => {
    const stored = await hasher.hash('correct horse')
    const reference = stored.replace('m=1024,p=1,t=2', 'm=1024,t=2,p=1')
    expect(reference).not.toBe(stored)
    expect(await hasher.verify(reference, 'correct horse')).toBe(true)
    expect(hasher.needsRehash(reference)).toBe(false)
  })

  const salt = 'c29tZXNhbHRzb21lc2FsdA'
  test.each([
    '',
    'correct horse',
    '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    `$argon2i$v=19$m=1024,t=2,p=1$${salt}$${'A'.repeat(43)}`,
    `$argon2id$v=16$m=1024,t=2,p=1$${salt}$${'A'.repeat(43)}`,
    `$argon2id$v=19$m=1024,t=2$${salt}$${'A'.repeat(43)}`,
    `$argon2id$v=19$m=1,t=2,p=1$${salt}$${'A'.repeat(43)}`,
    `$argon2id$v=19$m=1024,t=0,p=1$${salt}$${'A'.repeat(43)}`,
    `$argon2id$v=19$m=1024,t=2,p=0$${salt}$${'A'.repeat(43)}`,
    `$argon2id$v=19$m=1024,t=2,p=1$c2FsdA$${'A'.repeat(43)}`,
    `$argon2id$v=19$m=1024,t=2,p=1$${salt}$`,
    `$argon2id$v=19$m=1024,t=2,p=1$${salt}$${'A'.repeat(43)}\n`,
  ])('that cannot be read matches nothing, after the same work: %j', async (stored) => {
    const before = hasher.counts.verifications
    expect(await hasher.verify(stored, 'correct horse')).toBe(false)
    expect(hasher.counts.verifications).toBe(before + 1)
    expect(hasher.needsRehash(stored)).toBe(true)
  })
})

test('nobody has no password, and is verified once each time', async () => {
  const before = { ...hasher.counts }
  expect(await hasher.verifyNobody('correct horse')).toBe(false)
  expect(await hasher.verifyNobody('')).toBe(false)
  expect(hasher.counts).toEqual({ hashes: before.hashes, verifications: before.verifications + 2 })
})

test('nobody, and a hash that cannot be read, cost what somebody does today', async () => {
  const verified = vi.spyOn(argon2, 'verify')
  await hasher.verifyNobody('correct horse')
  await hasher.verify('!', 'correct horse')
  expect(verified.mock.calls).toEqual([
    [expect.stringMatching(/^\$argon2id\$v=19\$m=1024,p=1,t=2\$/), 'correct horse'],
    [expect.stringMatching(/^\$argon2id\$v=19\$m=1024,p=1,t=2\$/), 'correct horse'],
  ])
})

describe('a rehash is due', () => {
  test.each([
    [{ ...cheap, memoryCost: 1023 }, true],
    [{ ...cheap, timeCost: 3, memoryCost: 512 }, true],
    [{ ...cheap, memoryCost: 2048, timeCost: 2 }, false],
    [{ ...cheap, timeCost: 3 }, false],
    [cheap, false],
  ])('for %j: %s', async (made, due) => {
    expect(hasher.needsRehash(await argon2.hash('correct horse', made))).toBe(due)
  })

  test('for fewer passes or lanes than now', async () => {
    const slower = await createPasswordHasher({ memoryCost: 1024, timeCost: 3, parallelism: 2 })
    expect(
      slower.needsRehash(await argon2.hash('x', { memoryCost: 1024, timeCost: 2, parallelism: 2 })),
    ).toBe(true)
    expect(
      slower.needsRehash(await argon2.hash('x', { memoryCost: 1024, timeCost: 3, parallelism: 1 })),
    ).toBe(true)
    expect(slower.needsRehash(await slower.hash('x'))).toBe(false)
  })
})

describe('a crowd', () => {
  test('is let in a few at a time; who comes when two seconds of work are waiting is turned away', async () => {
    const slow = await createPasswordHasher({ memoryCost: 65536, timeCost: 6, parallelism: 1 })
    const stored = await slow.hash('x')
    const outcomes: Promise<unknown>[] = []
    const arrives = () => {
      const inside = slow.running + slow.queueLength
      const arrival = outcomes.length % 2 ? slow.hash('x') : slow.verify(stored, 'x')
      outcomes.push(arrival.catch((error) => error))
      return slow.running + slow.queueLength > inside
    }
    const crowd = mostAtOnce()
    while (arrives()) expect(outcomes.length).toBeLessThan(1000)

    const queued = slow.queueLength
    expect(queued).toBeGreaterThan(0)
    const refusal = await outcomes.at(-1)
    expect([slow.running, slow.queueLength]).toEqual([slow.width, queued])
    expect(refusal).toBeInstanceOf(Refusal)
    expect(refusal).toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
    expect((refusal as Refusal).message).toBe(
      'More people are arriving than we can welcome at once. Nothing was saved. Please wait about 2 seconds, then try again.',
    )

    const settled = await Promise.all(outcomes)
    expect(crowd.most()).toBe(slow.width)
    expect(settled.filter((outcome) => outcome instanceof Refusal)).toHaveLength(1)
    expect(slow.counts.hashes + slow.counts.verifications).toBe(1 + slow.width + queued)
    expect([slow.running, slow.queueLength]).toEqual([0, 0])
    expect(await slow.verify(stored, 'x')).toBe(true)
  })

  test('is let in, too, if the machine paused while a hash was measured', async () => {
    const { verify } = argon2
    vi.spyOn(argon2, 'verify').mockImplementationOnce(async (...given) => {
      await sleep(1000)
      return verify(...given)
    })
    const paused = await createPasswordHasher(cheap)
    const crowd = Array.from({ length: 20 }, () => paused.hash('x'))
    for (const hash of await Promise.all(crowd)) expect(hash).toContain('$argon2id$')
  })

  test('leaves its place even when the work fails', async () => {
    const impossible = Promise.all(
      Array.from({ length: 20 }, () => hasher.hash(undefined as unknown as string).catch((error) => error)),
    )
    for (const error of await impossible) expect(error).toBeInstanceOf(TypeError)
    expect([hasher.running, hasher.queueLength]).toEqual([0, 0])
    expect(await hasher.hash('correct horse')).toContain('$argon2id$')
  })

  test('is served in the order it came', async () => {
    const served: number[] = []
    const fair = await createPasswordHasher({ ...cheap, memoryCost: 8192 })
    await Promise.all(Array.from({ length: 12 }, (_, i) => fair.hash('x').then(() => served.push(i))))
    for (const [place, guest] of served.entries()) expect(guest - place).toBeLessThan(fair.width)
  })
})

test.runIf(process.platform === 'linux')('on Linux, pages come before hashes', () => {
  const tasks = '/proc/self/task'
  const workers = readdirSync(tasks).filter((id) =>
    readFileSync(`${tasks}/${id}/comm`, 'utf8').startsWith('libuv-worker'),
  )
  expect(workers.length).toBeGreaterThan(0)
  const lower = Math.min(19, getPriority() + 10)
  for (const id of workers) expect(getPriority(Number(id))).toBe(lower)
  expect(getPriority()).toBeLessThan(lower)
})

/** Watches argon2 itself: how many of its hashes and verifications ran at the same time. */
function mostAtOnce() {
  let running = 0
  let most = 0
  for (const name of ['hash', 'verify'] as const) {
    const original = argon2[name] as (...args: unknown[]) => Promise<unknown>
    vi.spyOn(argon2, name).mockImplementation((async (...args: unknown[]) => {
      most = Math.max(most, ++running)
      return original(...args).finally(() => running--)
    }) as never)
  }
  return { most: () => most }
}
