import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { now } from '../time.ts'
import type { SecretKeys } from './secret-key.ts'

const IV = 12
const TAG = 16
const KEY_ID = 4
const INSTANT = 8

/** A key of its own for sealing: the same secret keys other things too. */
const sealingKey = (secret: Buffer) => Buffer.from(hkdfSync('sha256', secret, '', 'foyer seal', 32))

/** By which key something was sealed. Tells nothing of the key. */
const keyId = (secret: Buffer) => createHash('sha256').update(sealingKey(secret)).digest().subarray(0, KEY_ID)

/**
 * Encrypts what must be read again (AES-256-GCM), with the current secret. `context` says what it is and
 * whose: anywhere else it can't be opened, so that rows can't be swapped (ASVS 5.0 11.3.3).
 */
export function seal([current]: SecretKeys, plain: Uint8Array, context: string): Uint8Array<ArrayBuffer> {
  const iv = randomBytes(IV)
  const cipher = createCipheriv('aes-256-gcm', sealingKey(current), iv).setAAD(Buffer.from(context))
  const sealed = [keyId(current), iv, cipher.update(plain), cipher.final()]
  return new Uint8Array(Buffer.concat([...sealed, cipher.getAuthTag()]))
}

/** Opens what was sealed in the same context, by the current secret or a former one; undefined if not. */
export function unseal(keys: SecretKeys, sealed: Uint8Array, context: string): Buffer | undefined {
  const bytes = Buffer.from(sealed)
  const secret = keys.find((key) => keyId(key).equals(bytes.subarray(0, KEY_ID)))
  if (!secret || bytes.length < KEY_ID + IV + TAG) return undefined
  const iv = bytes.subarray(KEY_ID, KEY_ID + IV)
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(secret), iv).setAAD(Buffer.from(context))
  decipher.setAuthTag(bytes.subarray(-TAG))
  const plain = decipher.update(bytes.subarray(KEY_ID + IV, -TAG))
  try {
    return Buffer.concat([plain, decipher.final()])
  } catch {
    // Somebody else's, or tampered with: Node says no more than that.
    return undefined
  }
}

/** Whether something was sealed with a former secret, so that it should be sealed anew. */
export const isOutdated = ([current]: SecretKeys, sealed: Uint8Array) =>
  !keyId(current).equals(Buffer.from(sealed).subarray(0, KEY_ID))

/** The same as text that a browser keeps for us and brings back, and that can be opened for so long (ms). */
export function sealFor(lifetime: number, keys: SecretKeys, plain: Uint8Array, context: string): string {
  const end = Buffer.alloc(INSTANT)
  end.writeBigUInt64BE(BigInt(now() + lifetime))
  return Buffer.from(seal(keys, Buffer.concat([end, plain]), context)).toString('base64url')
}

/** Opens that text. Undefined if it is too old, or none of ours. */
export function unsealInTime(keys: SecretKeys, sealed: string, context: string): Buffer | undefined {
  const plain = unseal(keys, Buffer.from(sealed, 'base64url'), context)
  return plain && plain.readBigUInt64BE() > BigInt(now()) ? plain.subarray(INSTANT) : undefined
}
