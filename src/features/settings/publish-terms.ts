import { requireRole } from '../../accounts/acts/require-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import type { Services } from '../../accounts/services.ts'
import { loadSettings } from '../../accounts/settings.ts'
import { accept } from '../../accounts/text.ts'
import { serializable } from '../../db/transaction.ts'
import { InvalidInput } from '../../errors.ts'
import { message } from '../../messages.ts'
import { fromNow } from '../../time.ts'
import { type Change, refuseStale } from './change-settings.ts'
import { prepareText } from './prepare-setting.ts'

/**
 * Makes a text the next version of the terms, which every member is asked to agree to; none, if it is empty. Left
 * out, or where the environment links to them, they stay. Who publishes it has agreed. Answers what to say of it.
 * Throws InvalidInput, or Refusal 403.
 */
export async function publishTerms(
  { config, db }: Pick<Services, 'config' | 'db'>,
  typed: string | undefined,
  { actor, source, seen }: Change,
) {
  const { TERMS_URL: link } = config.given
  if (link && typed) throw new InvalidInput({ terms: message('setting.fixed', { variable: 'TERMS_URL' }) })
  if (link) return 'notice.terms-same'
  const notice = await serializable(db, async (tx) => {
    await requireRole(tx, actor, ['admin'])
    const latest = await tx.terms.findFirst({ orderBy: { version: 'desc' } })
    refuseStale(seen, [latest?.text ?? ''], 'terms')
    const { terms: text } = accept({ terms: prepareText(typed ?? '') })
    if (typed === undefined || text === (latest?.text ?? '')) return 'notice.terms-same'
    const version = (latest?.version ?? 0) + 1
    await tx.terms.create({ data: { version, text, createdAt: fromNow(0) } })
    if (text) await tx.user.updateMany({ where: { id: actor.id }, data: { termsVersion: version } })
    const from = latest?.text ? `version ${latest.version}` : 'none'
    const detail = { setting: 'TERMS', from, to: text ? `version ${version}` : 'none' }
    await record(tx, 'setting.changed', { actor: actor.id, source, detail })
    return text ? 'notice.terms-published' : 'notice.terms-none'
  })
  await loadSettings({ config, db })
  return notice
}
