import { isOpen } from '../../accounts/user.ts'
import type { Config } from '../../config.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import type { Action } from './questions.ts'

/** What else decides over what can be done: whether they are signed in, and what they sign in with. */
type Has = { sessions: number; factors: number; byPasskeyAlone: boolean }

/** Whoever has all of it can have everything done to them. */
const ALL: Has = { sessions: 1, factors: 1, byPasskeyAlone: false }

/** What an administrator or support can do to a person, as both are now. */
export function offered(
  you: User,
  user: User,
  config: Config,
  { sessions, factors, byPasskeyAlone }: Has = ALL,
): Action[] {
  if (user.id === you.id || (you.role !== 'admin' && user.role !== 'member')) return []
  const { status, role } = user
  const open = isOpen(user)
  const mails = config.email !== 'off'
  const unproven = mails && user.email !== null && user.provenEmailKey === null && status !== 'closing'
  const all: [Action, boolean, 'admin'?][] = [
    ['send-reset', open && !byPasskeyAlone && mails && user.provenEmailKey !== null],
    ['reset-link', open && !byPasskeyAlone, 'admin'],
    ['confirm-again', unproven && status !== 'suspended', 'admin'],
    ['verify-email', unproven, 'admin'],
    ['end-sessions', sessions > 0],
    ['reset-two-factor', open && factors > 0],
    ['username', status !== 'closing', 'admin'],
    ['email', mails && status !== 'closing', 'admin'],
    ['role', status === 'active' || role !== 'member', 'admin'],
    ['restore', status === 'suspended' || (status === 'closing' && !open), 'admin'],
    ['suspend', status === 'active' || status === 'suspended', 'admin'],
    ['delete', status !== 'closing', 'admin'],
  ]
  return all
    .filter(([, fits, only]) => fits && (only === undefined || you.role === only))
    .map(([action]) => action)
}
