import { record, type Source } from '../../accounts/audit/audit.ts'
import { prepareEmail } from '../../accounts/email.ts'
import { networkOf } from '../../accounts/network.ts'
import { accept } from '../../accounts/text.ts'
import { type Budget, spend } from '../../accounts/throttle.ts'
import type { Db } from '../../db/client.ts'
import { post } from '../../mail/outbox.ts'
import { minutes } from '../../time.ts'

/**
 * Has a link for a new password mailed to an address, if it turns out to be an account's; answers with the
 * address. Nobody looks for the account here, so known and unknown take the same steps (ASVS 5.0 6.3.8).
 * Throws InvalidInput, or Refusal 429.
 */
export async function askForLink(db: Db, typed: string, source: Source): Promise<string> {
  const { email } = accept({ email: prepareEmail(typed) })
  const { email: address, key } = email
  await spend(db, budgets(key, source))
  await db.$transaction([
    record(db, 'password.reset-requested', { actor: 'visitor', source }),
    post(db, 'reset-password', { address: key }, source),
  ])
  return address
}

function budgets(key: string, { ip }: Source): Budget[] {
  const network = networkOf(ip)
  return [
    { key: `forgot-password:${network}`, burst: 10, refill: minutes(1) },
    { key: `forgot-password:${network}:${key}`, burst: 3, refill: minutes(1) },
  ]
}
