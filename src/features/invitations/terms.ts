import type { Prepared } from '../../accounts/text.ts'
import { Refusal } from '../../errors.ts'
import { message } from '../../messages.ts'
import { days } from '../../time.ts'

/** How many days a link may be made to work. */
export const DAYS = ['1', '7', '30']

/** How long a link is to work, in ms, as it was chosen from the list. */
export const prepareDays = (typed: string): Prepared<number> =>
  DAYS.includes(typed)
    ? { ok: true, value: days(Number(typed)) }
    : { ok: false, problem: message('invite.days') }

/** How many people may sign up by one link. */
export const prepareUses = (typed: string): Prepared<number> =>
  /^([1-9]\d{0,2}|1000)$/.test(typed.trim())
    ? { ok: true, value: Number(typed) }
    : { ok: false, problem: message('invite.uses') }

/** Where nobody may sign up, an invitation would open nothing. Throws Refusal 409. */
export function requireSignUp({ signUp }: { signUp: string }) {
  if (signUp === 'closed')
    throw new Refusal(409, 'Sign-up is closed, so an invitation would open nothing. None was made.')
}
