import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Entrance, STEP_WITHIN } from '../accounts/sign-in.ts'
import { putToken } from './one-time-link.ts'
import type { Outcome } from './pages.ts'

const NEXT = { 'two-factor': '/login/two-factor', 'keep-account': '/keep-account' }

/** Gives the browser what its sign-in has come to; leads it in, or to the next step with what was chosen. */
export function goOn(
  reply: FastifyReply,
  entrance: Entrance,
  { remember, returnTo, ...outcome }: Outcome & { remember: boolean; returnTo?: string | undefined },
) {
  if (entrance.to === 'session') {
    reply.signIn(entrance.tokens, remember)
    return reply.see(returnTo ?? '/account', outcome)
  }
  if (entrance.to === 'approval') {
    const { status = 200, body = {} } = outcome
    return reply.see('/register/awaiting-approval', { status, body: { ...body, pending: true } })
  }
  putToken(reply, entrance.to, entrance.token, STEP_WITHIN)
  const next = NEXT[entrance.to]
  const kept = new URLSearchParams({
    ...(remember && { remember: '1' }),
    ...(returnTo && { return_to: returnTo }),
  })
  return reply.see(kept.size ? `${next}?${kept}` : next, { body: { next } })
}

/** Whether the person chose at the first step to stay signed in: the address of the next one keeps it. */
export const staysSignedIn = ({ query }: FastifyRequest) =>
  (query as { remember?: unknown } | undefined)?.remember === '1'
