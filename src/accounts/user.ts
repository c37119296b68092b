import type { Config } from '../config.ts'
import type { Db } from '../db/client.ts'
import { uniqueViolation } from '../db/errors.ts'
import type { User, UserStatus } from '../db/generated/sqlite/client.ts'
import { InvalidInput } from '../errors.ts'
import { message } from '../messages.ts'
import { fromNow } from '../time.ts'
import { type Email, prepareEmail, prepareOptionalEmail } from './email.ts'
import { heldAmong } from './held-name.ts'
import { newId } from './new-id.ts'
import { preparePassword, weakness } from './password.ts'
import { accept, type Prepared } from './text.ts'
import { canonicalUsername, prepareUsername, suggestUsernames, type Username } from './username.ts'

const OPEN_STATUSES = ['active', 'closing'] satisfies UserStatus[]

/** Whoever may still get into their account: also one that is closing may be kept, if they closed it themselves. */
export const OPEN = { status: { in: OPEN_STATUSES }, suspendedUntil: null }
export const isOpen = ({ status, suspendedUntil }: Pick<User, 'status' | 'suspendedUntil'>) =>
  OPEN_STATUSES.some((open) => open === status) && suspendedUntil === null

/** Who sees other people's accounts. */
export const isStaff = ({ role }: Pick<User, 'role'>) => role !== 'member'

/** What a person types to get an account; an empty e-mail address is none. */
export type TypedAccount = { username: string; email: string; password: string }

type Fields = Record<string, Prepared<unknown>>

/** Who an account is for, in canonical form. */
export type Identity = { username: Username; email: Email | null }

/**
 * Reads what was typed by the rules for usernames, addresses and passwords. The same for forms, JSON and
 * the command line. Throws InvalidInput with every problem at once, those of `others` too.
 */
export function readAccount(
  typed: TypedAccount,
  config: Config,
  { emailRequired = false, others = {} }: { emailRequired?: boolean; others?: Fields } = {},
): Identity & { password: string } {
  const fields = {
    email: prepareOptionalEmail(typed.email, emailRequired, config),
    username: prepareUsername(typed.username, config.brand.name),
    password: prepareNewPassword(typed.password, typed, config),
  }
  return accept<typeof fields>({ ...fields, ...others })
}

/** A password somebody chooses, by all the rules there are, and what everybody knows of them. */
export function prepareNewPassword(
  typed: string,
  { username, email }: { username: string; email: string | null },
  { passwordMinLength, brand }: Config,
): Prepared<string> {
  const password = preparePassword(typed, { minLength: passwordMinLength })
  const weak = password.ok && weakness(password.value, { username, email: email ?? '', brand: brand.name })
  return weak ? { ok: false, problem: weak } : password
}

/**
 * The row of a new account. Its address counts as proven only if an operator vouches for it:
 * what a visitor types is a claim.
 */
export function newUser(
  { username, email }: Identity,
  passwordHash: string,
  {
    role = 'member',
    status = 'active',
    vouched = false,
  }: Partial<Pick<User, 'role' | 'status'>> & { vouched?: boolean } = {},
) {
  return {
    id: newId(),
    username: username.username,
    usernameSkeleton: username.skeleton,
    email: email?.email ?? null,
    emailKey: email?.key ?? null,
    provenEmailKey: vouched ? (email?.key ?? null) : null,
    passwordHash,
    passwordChangedAt: fromNow(0),
    role,
    status,
    createdAt: fromNow(0),
    // Who has yet to be let in was never here.
    lastSeenAt: status === 'pending' ? new Date(0) : fromNow(0),
  } satisfies Partial<User>
}

/** What the person can do about a name or address that somebody was quicker to take; other errors come back as they are. */
export async function asTaken(
  db: Db,
  error: unknown,
  { username }: Identity,
  { suggest = true } = {},
): Promise<unknown> {
  const columns = uniqueViolation(error)
  // A held name breaks a primary key, which PostgreSQL doesn't name; the others are random, and never do.
  const held = columns?.length === 0 || columns?.includes('nameHash')
  if (held || columns?.some((column) => column.startsWith('username')))
    return new InvalidInput(
      { username: message('username.taken') },
      suggest ? await freeUsernames(db, username.username) : [],
    )
  if (columns?.includes('provenEmailKey')) return new InvalidInput({ email: message('email.taken') })
  return error
}

/** Up to three names like this one that nobody has. A hint, not a promise: the database decides at the sign-up. */
async function freeUsernames(db: Db, username: string): Promise<string[]> {
  const candidates = suggestUsernames(username).map((name) => ({ name, prepared: canonicalUsername(name) }))
  const skeletons = candidates.flatMap(({ prepared }) => (prepared.ok ? [prepared.value.skeleton] : []))
  const taken = await db.user.findMany({
    where: { usernameSkeleton: { in: skeletons } },
    select: { usernameSkeleton: true },
  })
  const used = new Set(taken.map((user) => user.usernameSkeleton)).union(await heldAmong(db, skeletons))
  return candidates
    .filter(({ prepared }) => prepared.ok && !used.has(prepared.value.skeleton))
    .map(({ name }) => name)
    .slice(0, 3)
}

/** What a person may be signing in with: a proven address or a username, the same for every spelling of it. */
function readLogin(typed: string) {
  // Copied out of a mail of ours, a name or address brings its word joiners along.
  const login = typed.replaceAll('\u2060', '')
  const email = prepareEmail(login)
  if (email.ok) return { provenEmailKey: email.value.key }
  const username = canonicalUsername(login)
  return username.ok ? { username: username.value.username } : undefined
}

/** The account a person means by a username or a proven e-mail address, or null. */
export async function findAccount(db: Db, login: string): Promise<User | null> {
  const where = readLogin(login)
  return where ? db.user.findUnique({ where }) : null
}

/** What every spelling of a username or address has in common, whether or not there is such an account. */
export function loginKey(login: string): string {
  return Object.values(readLogin(login) ?? {})[0] ?? login.trim().toLowerCase()
}
