import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Db, Tx } from '../db/client.ts'
import type { Token } from '../db/generated/sqlite/client.ts'
import { fromNow, minutes } from '../time.ts'
import { newId } from './new-id.ts'

/** What a link, or a step of a sign-in, is for. A token opens nothing but that (ASVS 5.0 6.5.1). */
export type TokenPurpose =
  | 'setup'
  | 'invite'
  | 'verify-email'
  | 'reset-password'
  | 'undo-email-change'
  | 'two-factor'
  | 'keep-account'

/** 256 bits of randomness in 43 URL-safe characters (ASVS 5.0 7.2.3). Goes out once, is never stored. */
export const newToken = () => randomBytes(32).toString('base64url')

/** What is stored of a token: its SHA-256. A stolen database opens nothing (ASVS 5.0 11.5.1). */
export const hashToken = (token: string) => new Uint8Array(createHash('sha256').update(token).digest())

/** Where a token of a purpose leads: to the page of that name, but for an invitation, which is for signing up. */
export const linkTo = ({ baseUrl }: Config, purpose: TokenPurpose, token: string) =>
  `${baseUrl}/${purpose === 'invite' ? 'register?invite' : `${purpose}?token`}=${token}`

/**
 * Whose a token is, or of which invitation, the address it is mailed to, whether a code goes with it, keyed by
 * this secret, and its age.
 */
type Bearer = {
  userId?: string | null
  invitationId?: string | null
  address?: string
  codeKey?: Buffer
  createdAt?: Date
}

/**
 * How many links for one purpose work at the same time, of one account and address or of one invitation: those of
 * the latest mails.
 */
const LIVE = 3

/**
 * Makes a one-time token that works until `expiresAt`, and answers it in clear, with its code if there is one.
 * Older ones for the same purpose go, but for the latest.
 */
export async function issueToken(
  db: Db | Tx,
  purpose: TokenPurpose,
  expiresAt: Date,
  { userId = null, invitationId = null, address, codeKey, createdAt = fromNow(0) }: Bearer = {},
): Promise<{ token: string; code?: string }> {
  const token = newToken()
  const id = newId()
  const code = codeKey && String(randomInt(1_000_000)).padStart(6, '0')
  await db.token.create({
    data: {
      id,
      tokenHash: hashToken(token),
      purpose,
      userId,
      invitationId,
      address: address ?? null,
      createdAt,
      expiresAt,
      ...(code && { codeHash: hashCode(codeKey, id, code) }),
    },
    select: { id: true },
  })
  if (userId || invitationId) {
    const where = { userId, invitationId, purpose, address: address ?? null }
    const old = await db.token.findMany({ where, orderBy: { id: 'desc' }, skip: LIVE, select: { id: true } })
    await db.token.deleteMany({ where: { id: { in: old.map((row) => row.id) } } })
  }
  return code ? { token, code } : { token }
}

const live = (purpose: TokenPurpose) => ({ purpose, usedAt: null, expiresAt: { gt: fromNow(0) } })

/** The token as it is stored, if it would still work. Looking does not use it up. */
export function findToken(db: Db | Tx, purpose: TokenPurpose, token: string): Promise<Token | null> {
  return db.token.findUnique({ where: { ...live(purpose), tokenHash: hashToken(token) } })
}

/**
 * Uses a token up that was found live. One conditional update decides, so of any number of parallel uses one
 * is told true (ASVS 5.0 15.4.2).
 */
export async function consumeToken(tx: Tx, { id, purpose }: Pick<Token, 'id' | 'purpose'>): Promise<boolean> {
  const where = { id, ...live(purpose as TokenPurpose) }
  const { count } = await tx.token.updateMany({ where, data: { usedAt: fromNow(0) } })
  return count === 1
}

/** Voids an account's links: after a change of password or address none of the old ones works (ASVS 5.0 6.5.5). */
export function voidTokens(db: Db | Tx, userId: string, purposes: TokenPurpose[]) {
  return db.token.deleteMany({ where: { userId, purpose: { in: purposes } } })
}

const CODE_LIFETIME = minutes(10)

/**
 * The live token for a purpose whose code this is, if one was mailed to the account in the last 10 minutes.
 * Codes are short, so their hashes are keyed by a secret outside the database; count the tries before.
 */
export async function findByCode(
  db: Db,
  purpose: TokenPurpose,
  userId: string,
  code: string,
  codeKey: Buffer,
): Promise<Token | undefined> {
  const mailed = await db.token.findMany({
    where: { ...live(purpose), userId, createdAt: { gt: fromNow(-CODE_LIFETIME) } },
  })
  return mailed.find(({ id, codeHash }) => codeHash && timingSafeEqual(codeHash, hashCode(codeKey, id, code)))
}

const hashCode = (key: Buffer, tokenId: string, code: string) =>
  new Uint8Array(createHmac('sha256', key).update(`${tokenId}:${code}`).digest())
