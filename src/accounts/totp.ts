import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { now, seconds } from '../time.ts'
import { BASE32, base32 } from './base32.ts'

/** How long a code is shown, in ms: what every authenticator app takes for granted (RFC 6238 §5.2). */
const STEP = seconds(30)
/** How many steps a phone's clock may be off (ASVS 5.0 6.5.5). */
const WINDOW = [-1, 0, 1]

/** 160 bits, as long as the hash (RFC 4226 §4). */
export const newTotpSecret = () => randomBytes(20)

/** The six digits of a time step (RFC 6238, with SHA-1: the one hash that every app knows). */
export function totp(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const hash = createHmac('sha1', secret).update(counter).digest()
  const offset = (hash.at(-1) ?? 0) & 15
  const digits = (hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000
  return String(digits).padStart(6, '0')
}

/** The time step whose code this is, if it is now's, the one before or the one after. */
export function stepOf(secret: Uint8Array, code: string): number | undefined {
  const current = Math.floor(now() / STEP)
  const matches = (step: number) => timingSafeEqual(Buffer.from(totp(secret, step)), Buffer.from(code))
  return WINDOW.map((distance) => current + distance).find(matches)
}

/** A secret as it is typed into an app: groups of four. */
export const readableKey = (secret: Uint8Array) => base32(secret, BASE32).replace(/.{4}(?=.)/g, '$& ')

/** What the QR code says (Key URI format of Google Authenticator, in whose names a colon, even encoded, is an end). */
export function otpauthUri(secret: Uint8Array, issuer: string, account: string): string {
  const [service, name] = [issuer.replaceAll(':', ''), account].map(encodeURIComponent)
  return `otpauth://totp/${service}:${name}?secret=${base32(secret, BASE32)}&issuer=${service}`
}
