import type { Db } from '../db/client.ts'
import type { Device } from '../db/generated/sqlite/client.ts'
import { days, fromNow } from '../time.ts'
import { newId } from './new-id.ts'
import { hashToken, newToken } from './token.ts'

/** How long a browser is known without being used, in ms. */
export const KNOWN_FOR = days(365)

/** How long a browser may be let off the second step, in ms. */
const TRUSTED_FOR = days(30)

/** A browser that a member signs in with for the first time: the token for its cookie, and its row. */
export function newDevice(userId: string, trust = false) {
  const token = newToken()
  const row = {
    id: newId(),
    tokenHash: hashToken(token),
    userId,
    createdAt: fromNow(0),
    ...seen(trust),
  }
  return { token, row }
}

/** What is noted of a device at each sign-in. */
export const seen = (trust: boolean) => ({
  lastSeenAt: fromNow(0),
  ...(trust && { trustedUntil: fromNow(TRUSTED_FOR) }),
})

/** The device that this browser is to a member; it holds a token for each account it has signed in to. */
export function findDevice(db: Db, userId: string, tokens: readonly string[]): Promise<Device | null> {
  return db.device.findFirst({ where: { userId, tokenHash: { in: tokens.map(hashToken) } } })
}

/** Whether it is let off the second step. */
export const isTrusted = (device: Device | null) =>
  device?.trustedUntil != null && device.trustedUntil > fromNow(0)
