import { Refusal } from '../../errors.ts'
import { NO_TRACES, post } from '../../mail/outbox.ts'
import { record } from '../audit/audit.ts'
import { requireUseOfLink } from '../reset-link.ts'
import type { Services } from '../services.ts'
import { OPEN } from '../user.ts'
import { requireOffered } from './act-words.ts'
import { type Ask, asStaff } from './as-admin.ts'

/** Mails a person a link for a new password, to their proven address. Throws InvalidInput, or Refusal 403, 404 or 409. */
export const sendReset = ({ config, db }: Pick<Services, 'config' | 'db'>, ask: Ask): Promise<void> =>
  asStaff(db, ask, async (tx, entry) => {
    requireOffered('send-reset', config)
    const user = await tx.user.findUnique({ where: { id: ask.userId, ...OPEN } })
    if (!user?.email || !user.provenEmailKey)
      throw new Refusal(409, 'That account has no confirmed address, or isn’t active. Nothing was sent.')
    await requireUseOfLink(tx, user)
    const facts = { ...NO_TRACES, toMany: entry.toMany }
    await post(tx, 'reset-password', { address: user.email, userId: user.id }, entry.source, facts)
    await record(tx, 'password.reset-requested', entry)
  })
