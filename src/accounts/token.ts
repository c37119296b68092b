import { createHash, randomBytes } from 'node:crypto'
import type { Db, Tx } from '../db/client.ts'
import { fromNow } from '../time.ts'

/** 256 bits of randomness in 43 URL-safe characters (ASVS 5.0 7.2.3). Goes out once, is never stored. */
export const newToken = () => randomBytes(32).toString('base64url')

/** What is stored of a token: its SHA-256. A stolen database opens nothing (ASVS 5.0 11.5.1). */
export const hashToken = (token: string) => new Uint8Array(createHash('sha256').update(token).digest())

/** Makes a one-time token for a purpose, good for `lifetime` milliseconds, and answers it in clear. */
export async function issueToken(db: Db, purpose: 'setup', lifetime: number): Promise<string> {
  const token = newToken()
  await db.token.create({ data: { tokenHash: hashToken(token), purpose, expiresAt: fromNow(lifetime) } })
  return token
}

const live = (purpose: 'setup', token: string) => ({
  purpose,
  tokenHash: hashToken(token),
  usedAt: null,
  expiresAt: { gt: fromNow(0) },
})

/** Whether the token would still work. Looking does not use it up. */
export async function tokenWorks(db: Db, purpose: 'setup', token: string): Promise<boolean> {
  return (await db.token.count({ where: live(purpose, token) })) === 1
}

/** Uses the token up. One conditional update decides, so of any number of parallel uses one is told true. */
export async function consumeToken(tx: Tx, purpose: 'setup', token: string): Promise<boolean> {
  const { count } = await tx.token.updateMany({ where: live(purpose, token), data: { usedAt: fromNow(0) } })
  return count === 1
}
