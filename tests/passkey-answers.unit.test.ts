import { expect, test } from 'vitest'
import { usePasskey, verifyNewPasskey } from '../src/accounts/passkey.ts'
import { readAssertion } from '../src/accounts/passkey-response.ts'
import { readConfig } from '../src/config.ts'
import type { Db } from '../src/db/client.ts'
import type { Passkey } from '../src/db/generated/sqlite/client.ts'
import { InvalidInput } from '../src/errors.ts'
import fc from './support/fast-check.ts'
import { source } from './support/people.ts'
import { base64url, SoftwarePasskey } from './support/software-passkey.ts'

const CASES = 100_000

const config = readConfig({})
const key = new SoftwarePasskey()
const challenge = base64url(Buffer.alloc(32, 7))
const asked = { challenge, timeout: 0 }
const [made, given] = [key.create(asked), key.get(asked)]
const passkey = { credentialId: made.id, publicKey: new Uint8Array(key.publicKey({})) } as Passkey

/** What is damaged, and how: some bytes are others; also, some are gone or there twice. */
const damage = fc.record({
  place: fc.constantFrom(
    ...['clientDataJSON', 'attestationObject', 'attestationObject'].map((field) => ({ answer: made, field })),
    ...['clientDataJSON', 'authenticatorData', 'signature'].map((field) => ({ answer: given, field })),
  ),
  bytes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
  cut: fc.option(fc.tuple(fc.nat(), fc.nat()), { freq: 3 }),
})

function damaged(right: string, field: string, bytes: [number, number][], cut: [number, number] | null) {
  const all = Buffer.from(right, 'base64url')
  // Of a signature its second number alone: how the two are framed is read generously, and proves nothing.
  const begin = field === 'signature' ? all.length - 24 : 0
  for (const [at, byte] of bytes) all[begin + (at % (all.length - begin))] = byte
  if (!cut || begin) return base64url(all)
  const [from, to] = cut
  return base64url(Buffer.concat([all.subarray(0, from % all.length), all.subarray(to % all.length)]))
}

/** Whether an answer is taken. What isn't gets as far as no database. */
async function isTaken(answer: typeof made | typeof given): Promise<boolean> {
  const typed = JSON.stringify(answer)
  try {
    if ('attestationObject' in answer.response)
      return (await verifyNewPasskey(config, typed, challenge)) !== undefined
    const nowhere = { config, db: undefined as unknown as Db }
    return await usePasskey(nowhere, passkey, readAssertion(typed), challenge, source)
  } catch (error) {
    if (error instanceof InvalidInput) return false
    throw new Error(typed, { cause: error })
  }
}

test('a hundred thousand damaged answers of passkeys break nothing', async () => {
  expect(await isTaken(made)).toBe(true)
  await expect(isTaken(given)).rejects.toThrow()
  let refused = 0
  for (const { place, bytes, cut } of fc.sample(damage, { numRuns: CASES })) {
    const { answer, field } = place
    const right: Record<string, unknown> = answer.response
    const part = damaged(String(right[field]), field, bytes, cut)
    if (part === right[field]) continue
    const response = { ...right, [field]: part }
    if (!(await isTaken({ ...answer, response } as typeof answer))) refused++
  }
  // Nobody vouches for what is said of a new passkey: it may be another than it was.
  expect(refused).toBeGreaterThan(CASES / 2)
})
