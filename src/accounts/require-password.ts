import type { User } from '../db/generated/sqlite/client.ts'
import { InvalidInput } from '../errors.ts'
import { message } from '../messages.ts'
import { minutes } from '../time.ts'
import { record, type Source } from './audit/audit.ts'
import { passwordAttempt } from './password.ts'
import type { Services } from './services.ts'
import { spend } from './throttle.ts'

/** What is said at the field `current` to whoever doesn't know the password. */
export const mismatch = () => new InvalidInput({ current: message('current.mismatch') })

/**
 * Makes sure that it is the owner who sits at a signed-in browser, before what shuts others out (ASVS 5.0 7.5.1).
 * Tries are counted before the hash, by account, and failed ones are on record. Throws InvalidInput at `current`, or
 * Refusal 429 or 503.
 */
export async function requirePassword(
  { db, passwords }: Services,
  user: User,
  typed: string,
  source: Source,
): Promise<void> {
  await spend(db, [{ key: `password:${user.id}`, burst: 10, refill: minutes(1) }])
  const password = passwordAttempt(typed)
  if (password !== undefined && (await passwords.verify(user.passwordHash, password))) return
  await record(db, 'proof.failed', { actor: user.id, subjectId: user.id, source })
  throw mismatch()
}
