import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '../db/client.ts'
import { fromNow } from '../time.ts'
import { base32, CROCKFORD } from './base32.ts'
import { newId } from './new-id.ts'

/** How many recovery codes a member gets. */
export const RECOVERY_CODES = 10

/** So random that a plain hash of it can't be guessed (NIST SP 800-63B-4 §4.2.1.1 asks for 64 bits). */
const BYTES = 10

/** What is stored of a code. It holds whose it is, so that no other account’s row can stand for it. */
const hashOf = (userId: string, code: string) =>
  new Uint8Array(createHash('sha256').update(`${userId}:${code}`).digest())

/**
 * A recovery code as it was typed, without case, spaces and hyphens, and with the letters that people read
 * for digits; undefined if it can't be one.
 */
export function readRecoveryCode(typed: string): string | undefined {
  const code = typed.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1')
  return /^[0-9a-hjkmnp-tv-z]{16}$/.test(code) ? code : undefined
}

/** Makes a member ten new codes, in place of all they had; answers them in clear, this one time. */
export async function replaceRecoveryCodes(tx: Tx, userId: string): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, () => base32(randomBytes(BYTES), CROCKFORD))
  await tx.recoveryCode.deleteMany({ where: { userId } })
  await tx.recoveryCode.createMany({
    data: codes.map((code) => ({ id: newId(), userId, codeHash: hashOf(userId, code) })),
  })
  return codes.map((code) => code.replace(/.{4}(?=.)/g, '$&-'))
}

/** Uses a code up; whether it was there to be used. One conditional update decides (ASVS 5.0 6.5.1). */
export async function useRecoveryCode(tx: Tx, userId: string, code: string): Promise<boolean> {
  const where = { userId, codeHash: hashOf(userId, code), usedAt: null }
  const { count } = await tx.recoveryCode.updateMany({ where, data: { usedAt: fromNow(0) } })
  return count === 1
}

/** How many codes are left. */
export const countRecoveryCodes = (tx: Pick<Tx, 'recoveryCode'>, userId: string) =>
  tx.recoveryCode.count({ where: { userId, usedAt: null } })
