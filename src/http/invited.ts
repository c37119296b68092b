import type { FastifyReply, FastifyRequest } from 'fastify'
import { invitationExpired, isStillOpen, mayGive } from '../accounts/invitation.ts'
import type { Invitation } from '../db/generated/sqlite/client.ts'
import { Refusal } from '../errors.ts'
import { hours } from '../time.ts'
import { dropToken, hasToken, putToken, readToken } from './one-time-link.ts'
import { returnTo } from './return-to.ts'

/** How long a browser may take to sign up by an invitation that it has opened, in ms. */
const INVITED_FOR = hours(1)

/** Takes the token of an invitation out of the address at the first hop, as of every link (ASVS 5.0 14.2.1). */
export function keepInvitation(request: FastifyRequest, reply: FastifyReply, token: string) {
  putToken(reply, 'invite', token, INVITED_FOR)
  const on = returnTo(request)
  return reply.redirect(on ? `/register?return_to=${encodeURIComponent(on)}` : '/register', 303)
}

/**
 * The invitation whose link brought this browser here, used up or not: the sign-up itself decides, and one that is
 * sent again has done so already. Undefined without a link. Throws Refusal 410 if there is no such invitation.
 */
export async function heldInvitation(request: FastifyRequest): Promise<Invitation | undefined> {
  if (!hasToken(request, 'invite')) return undefined
  const token = await readToken(request, 'invite')
  const id = token?.invitationId
  const invitation = id ? await request.server.db.invitation.findUnique({ where: { id } }) : null
  if (!invitation) throw invitationExpired()
  return invitation
}

/** The same if it still lets somebody in. Throws Refusal 410. */
export async function openInvitation(request: FastifyRequest): Promise<Invitation | undefined> {
  const invitation = await heldInvitation(request)
  const { db } = request.server
  if (invitation && !(isStillOpen(invitation) && (await mayGive(db, invitation)))) throw invitationExpired()
  return invitation
}

/** Takes a link that lets nobody in any more from the browser, which is told so once: then it is one without. */
export async function dropExpired(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  try {
    await openInvitation(request)
  } catch (error) {
    if (error instanceof Refusal) dropToken(reply, 'invite')
    throw error
  }
}
