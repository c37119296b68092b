import type { Config } from '../config.ts'
import type { Db, Tx } from '../db/client.ts'
import type { User } from '../db/generated/sqlite/client.ts'
import { InvalidInput } from '../errors.ts'
import { notify } from '../mail/outbox.ts'
import { message } from '../messages.ts'
import { minutes } from '../time.ts'
import { type Entry, record, type Source } from './audit/audit.ts'
import { useAuthenticatorCode } from './authenticator.ts'
import { countRecoveryCodes, readRecoveryCode, useRecoveryCode } from './recovery-code.ts'
import type { SecretKeys } from './secret-key.ts'
import type { KeyedServices } from './services.ts'
import { giveBack, spend } from './throttle.ts'
import { isStaff } from './user.ts'

/**
 * Whether this member has to have a second factor here and has none. A passkey is two factors at once, if
 * there is no password to go round it by (ASVS 5.0 6.3.3).
 */
export async function mustEnrol(db: Db, { requireTwoFactor }: Config, user: User) {
  if (requireTwoFactor === 'off' || (requireTwoFactor === 'admins' && !isStaff(user))) return false
  return !(await hasSecondStep(db, user.id)) && !(await isByPasskeyAlone(db, user))
}

/** Whether a password alone doesn't let this member in. */
export const hasSecondStep = async (db: Db | Tx, userId: string) =>
  (await db.authenticator.count({ where: { userId } })) > 0

/**
 * Whether a passkey is all that lets this member in. A mailed link lets nobody into such an account: who reads the
 * mail has shown one factor, and would go round two (ASVS 5.0 6.3.6, 6.4.3).
 */
export const isByPasskeyAlone = async (
  db: Db | Tx,
  { id, passwordHash }: Pick<User, 'id' | 'passwordHash'>,
) =>
  passwordHash === '' &&
  !(await hasSecondStep(db, id)) &&
  (await db.passkey.count({ where: { userId: id } })) > 0

/** What pages tell of the second step: since when it is on, and how many recovery codes are left. */
export async function secondStepOf(db: Db, userId: string) {
  const authenticator = await db.authenticator.findUnique({ where: { userId }, select: { createdAt: true } })
  return {
    since: authenticator?.createdAt,
    codesLeft: authenticator && (await countRecoveryCodes(db, userId)),
  }
}

type Code = { kind: 'authenticator' | 'recovery'; text: string }

function readCode(typed: string): Code {
  const digits = typed.replace(/\s/g, '')
  if (!digits) throw new InvalidInput({ code: message('code.missing') })
  if (/^\d{6}$/.test(digits)) return { kind: 'authenticator', text: digits }
  const recovery = readRecoveryCode(typed)
  if (recovery) return { kind: 'recovery', text: recovery }
  throw new InvalidInput({ code: message(/[a-z]/i.test(digits) ? 'code.recovery-wrong' : 'code.form') })
}

/**
 * Takes what was typed for the second step, a code of the authenticator or a recovery code, and uses it up in
 * one transaction with `work`. Only for who has given the first factor: no stranger can use up the five
 * tries, of which one comes back every five minutes (ASVS 5.0 6.3.1, 6.6.3). Throws InvalidInput, or Refusal
 * 429.
 */
export async function proveSecondStep<Result>(
  { db, secretKeys }: KeyedServices,
  user: User,
  typed: string,
  { actor, source }: Pick<Entry, 'actor' | 'source'>,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const code = readCode(typed)
  const budget = { key: `two-factor:${user.id}`, burst: 5, refill: minutes(5) }
  await spend(db, [budget])
  const proven = await db.$transaction(async (tx) => {
    if (await useUp(tx, secretKeys, user, code, source)) return { result: await work(tx) }
    await record(tx, 'two-factor.failed', { actor, subjectId: user.id, source })
    return undefined
  })
  if (!proven)
    throw new InvalidInput({
      code: message(code.kind === 'recovery' ? 'code.recovery-wrong' : 'code.not-now'),
    })
  await giveBack(db, [budget])
  return proven.result
}

async function useUp(tx: Tx, keys: SecretKeys, user: User, { kind, text }: Code, source: Source) {
  const { id } = user
  if (kind === 'authenticator') return useAuthenticatorCode(tx, keys, id, text)
  if (!(await useRecoveryCode(tx, id, text))) return false
  const codesLeft = await countRecoveryCodes(tx, id)
  await record(tx, 'recovery-code.used', { actor: id, subjectId: id, source })
  await Promise.all(notify(tx, 'recovery-code-used', user, source, { codesLeft }))
  return true
}
