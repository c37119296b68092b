import { record, type Source } from '../../accounts/audit/audit.ts'
import { describeDevice } from '../../accounts/device.ts'
import { prepareLine } from '../../accounts/line.ts'
import { newId } from '../../accounts/new-id.ts'
import { verifyNewPasskey } from '../../accounts/passkey.ts'
import { takeChallenge } from '../../accounts/passkey-challenge.ts'
import { unfinished } from '../../accounts/passkey-response.ts'
import type { KeyedServices } from '../../accounts/services.ts'
import { holdSession, type SignedIn } from '../../accounts/session.ts'
import { accept } from '../../accounts/text.ts'
import { uniqueViolation } from '../../db/errors.ts'
import { serializable } from '../../db/transaction.ts'
import { InvalidInput, Refusal } from '../../errors.ts'
import { notify } from '../../mail/outbox.ts'
import { message } from '../../messages.ts'
import { fromNow } from '../../time.ts'

type Typed = { name: string; credential: string }

/** More than anybody has devices. */
const MOST = 20
const LONGEST_NAME = 60

/** What a member calls a passkey; nothing typed is the device in words. Throws InvalidInput. */
export function readName(typed: string, source: Source): string {
  const { name } = accept({ name: prepareLine(typed, LONGEST_NAME) })
  return name || describeDevice(source.userAgent)
}

/** Adds the passkey that the browser has just made; answers its name. Throws InvalidInput, or Refusal 409. */
export async function addPasskey(
  services: KeyedServices,
  member: SignedIn,
  typed: Typed,
  sealed: string | undefined,
  source: Source,
): Promise<string> {
  const { config, db } = services
  const { user, session } = member
  const name = readName(typed.name, source)
  const challenge = await takeChallenge(services, sealed, { purpose: 'add', sessionId: session.id })
  const made = challenge && (await verifyNewPasskey(config, typed.credential, challenge))
  if (!made) throw unfinished()
  const id = newId()
  const { id: userId } = user
  try {
    await serializable(db, async (tx) => {
      await holdSession(tx, member)
      if ((await tx.passkey.count({ where: { userId } })) >= MOST) throw tooMany()
      const row = { id, userId, name, ...made, createdAt: fromNow(0) }
      await tx.passkey.create({ data: row, select: { id: true } })
      await record(tx, 'passkey.added', { actor: userId, subjectId: userId, source, detail: { passkey: id } })
      await Promise.all(notify(tx, 'passkey-added', user, source, { passkey: name }))
    })
  } catch (error) {
    if (uniqueViolation(error)?.includes('credentialId'))
      throw new InvalidInput({ credential: message('passkey.known') })
    throw error
  }
  return name
}

const tooMany = () =>
  new Refusal(409, `You have ${MOST} passkeys, which is the most there can be. Remove one first.`, {
    wayOn: { href: '/account/passkeys', text: 'Your passkeys' },
  })
