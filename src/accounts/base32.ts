/** RFC 4648 §6, as authenticator apps take a key. */
export const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** Douglas Crockford's: without I, L, O and U, so that it can be copied by hand. */
export const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

/** Writes bytes by five bits a character, without padding: their number has to be a multiple of five. */
export function base32(bytes: Uint8Array, alphabet: string): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{5}/g, (five) => alphabet.charAt(Number.parseInt(five, 2)))
}
