import { randomUUIDv7 } from 'node:crypto'

let last = ''

/**
 * A UUIDv7 that comes after all that this process has made before (RFC 9562 §6.2): Node's alone are in any order within
 * a millisecond, or where the clock was set back.
 */
export function newId(): string {
  const id = randomUUIDv7()
  last = id > last ? id : nextTo(last)
  return last
}

/** One more, in its last 48 random bits. */
const nextTo = (id: string) =>
  id.slice(0, 24) + (Number.parseInt(id.slice(24), 16) + 1).toString(16).padStart(12, '0')

/** As an id made at that time would begin (RFC 9562, version 7), so that the order of ids is that of sign-ups. */
export const idAt = (at: Date) =>
  at
    .getTime()
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})/, '$1-')

/** When an id was made, in epoch milliseconds. */
export const timeOf = (id: string) => Number.parseInt(id.replace('-', '').slice(0, 12), 16)
