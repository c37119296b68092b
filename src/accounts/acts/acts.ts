import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'
import type { Services } from '../services.ts'
import type { Ask } from './as-admin.ts'
import { confirmAgain } from './confirm-again.ts'
import { endSessions } from './end-sessions.ts'
import { remove } from './remove.ts'
import { sendReset } from './send-reset.ts'
import { readUntil, restore, suspend } from './suspend.ts'

/**
 * What administrators do to one person or to many, by its name in addresses and jobs. Each is one transaction, asks
 * whether its actor still may, and throws InvalidInput, or Refusal 403, 404 or 409 if nothing was done.
 */
export const acts = {
  suspend: ({ db }, ask) => suspend(db, ask),
  restore: ({ db }, ask) => restore(db, ask),
  'end-sessions': ({ db }, ask) => endSessions(db, ask),
  'confirm-again': confirmAgain,
  'send-reset': sendReset,
  delete: remove,
} satisfies Record<string, (services: Pick<Services, 'config' | 'db'>, ask: Ask) => Promise<unknown>>

export type ActName = keyof typeof acts

/** When what is done ends by itself, as it was typed: of all acts, a suspension can. Throws InvalidInput. */
export function readEnd(act: ActName, until: string): Date | null {
  if (act !== 'suspend' && until.trim()) throw new InvalidInput({ until: message('field.unknown') })
  return readUntil(until)
}
