import type { FastifyReply, FastifyRequest } from 'fastify'
import { CHALLENGE_HOLDS, newChallenge, type Occasion } from '../accounts/passkey-challenge.ts'
import { dropCookie, getCookie, putCookie } from './cookies.ts'
import { instant } from './instant.ts'
import { signedIn } from './session.ts'

const COOKIE = 'foyer-passkey'

/** A challenge for a passkey; the browser holds it, sealed, until it brings the answer. */
export function challengeFor(reply: FastifyReply, occasion: Occasion): Uint8Array<ArrayBuffer> {
  const { challenge, sealed } = newChallenge(reply.server.secretKeys, occasion)
  putCookie(reply, COOKIE, sealed, CHALLENGE_HOLDS)
  return challenge
}

/** The challenge that the browser holds, still sealed. It lets go of it, whatever comes of it. */
export function takeSealedChallenge(request: FastifyRequest, reply: FastifyReply): string | undefined {
  const sealed = getCookie(request, COOKIE)
  if (sealed) dropCookie(reply, COOKIE)
  return sealed
}

/** The member's passkeys as pages and programs see them, the oldest first. */
export async function passkeysOf(request: FastifyRequest) {
  const where = { userId: signedIn(request).user.id }
  const passkeys = await request.server.db.passkey.findMany({ where, orderBy: { id: 'asc' } })
  return passkeys.map(({ id, name, backedUp, createdAt, lastUsedAt }) => ({
    id,
    name,
    synced: backedUp,
    addedAt: instant(createdAt),
    lastUsedAt: lastUsedAt && instant(lastUsedAt),
  }))
}
