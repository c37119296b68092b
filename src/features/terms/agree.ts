import { record, type Source } from '../../accounts/audit/audit.ts'
import type { Services } from '../../accounts/services.ts'
import { prepareAgreement } from '../../accounts/terms.ts'
import { accept } from '../../accounts/text.ts'
import type { User } from '../../db/generated/sqlite/client.ts'

/** Notes that a member agrees to the terms they were shown. Throws InvalidInput if others hold by now. */
export async function agree(
  { config, db }: Pick<Services, 'config' | 'db'>,
  { id }: User,
  typed: string,
  source: Source,
): Promise<void> {
  const { version: termsVersion } = accept({ version: prepareAgreement(config, typed) })
  if (termsVersion === null) return
  await db.$transaction(async (tx) => {
    const older = { OR: [{ termsVersion: null }, { termsVersion: { lt: termsVersion } }] }
    const { count } = await tx.user.updateMany({ where: { id, ...older }, data: { termsVersion } })
    const detail = { version: String(termsVersion) }
    if (count) await record(tx, 'terms.agreed', { actor: id, subjectId: id, source, detail })
  })
}
