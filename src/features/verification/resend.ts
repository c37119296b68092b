import type { Source } from '../../accounts/audit/audit.ts'
import { prepareNewEmail } from '../../accounts/email.ts'
import { networkOf } from '../../accounts/network.ts'
import type { Services } from '../../accounts/services.ts'
import { mailAgain } from '../../accounts/sign-up.ts'
import { accept } from '../../accounts/text.ts'
import { spend } from '../../accounts/throttle.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { post } from '../../mail/outbox.ts'
import { minutes, seconds } from '../../time.ts'

/**
 * Sends the mail of a sign-up once more. From the browser that signed up, to the address typed, which may
 * correct a mistake; from any other, to that address if a sign-up with it waits. Whether one does, or whether the
 * address is somebody's, is found out when the mail is sent: the answer is the same.
 * Throws InvalidInput, or Refusal 429.
 */
export async function resend(
  { db, config }: Services,
  user: User | undefined,
  typed: string,
  source: Source,
): Promise<void> {
  const { email } = accept({ email: prepareNewEmail(typed, config) })
  const network = networkOf(source.ip)
  await spend(db, [
    { key: `resend:${network}`, burst: 20, refill: minutes(1) },
    { key: `resend:${user?.id ?? `${network}:${email.key}`}`, burst: 2, refill: seconds(60) },
  ])
  if (user) await db.$transaction((tx) => mailAgain(tx, user, email, source))
  else await post(db, 'verify-email', { address: email.key }, source)
}
