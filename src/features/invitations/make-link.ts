import type { Deed } from '../../accounts/acts/as-admin.ts'
import { requireRole } from '../../accounts/acts/require-admin.ts'
import { record } from '../../accounts/audit/audit.ts'
import { newId } from '../../accounts/new-id.ts'
import type { Services } from '../../accounts/services.ts'
import { accept } from '../../accounts/text.ts'
import { issueToken, linkTo } from '../../accounts/token.ts'
import { uniqueViolation } from '../../db/errors.ts'
import { Refusal } from '../../errors.ts'
import { fromNow } from '../../time.ts'
import { prepareDays, prepareUses, requireSignUp } from './terms.ts'

/**
 * Makes an invitation for whoever has its link, as members, and answers the link: it is told here only. The id is
 * the form's, so that one that is sent again makes no other. Throws InvalidInput with every problem, or Refusal 403
 * or 409.
 */
export async function makeLink(
  { config, db }: Pick<Services, 'config' | 'db'>,
  { actor, source }: Deed,
  typed: { id?: string | undefined; uses: string; days: string },
): Promise<{ link: string; uses: number; expiresAt: Date }> {
  requireSignUp(config)
  const { uses, days } = accept({ uses: prepareUses(typed.uses), days: prepareDays(typed.days) })
  const expiresAt = fromNow(days)
  const row = {
    ...{ id: typed.id ?? newId(), role: 'member' as const, usesLeft: uses },
    ...{ createdBy: actor.id, createdAt: fromNow(0), expiresAt },
  }
  try {
    const { token } = await db.$transaction(async (tx) => {
      await requireRole(tx, actor, ['admin'])
      await tx.invitation.create({ data: row, select: { id: true } })
      const detail = { invitation: row.id, role: row.role, uses: String(uses) }
      await record(tx, 'invitation.made', { actor: actor.id, source, detail })
      return issueToken(tx, 'invite', expiresAt, { invitationId: row.id })
    })
    return { link: linkTo(config, 'invite', token), uses, expiresAt }
  } catch (error) {
    throw uniqueViolation(error) ? madeAlready() : error
  }
}

const madeAlready = () =>
  new Refusal(409, 'It was shown only then. If it is lost, cancel it in the list, and make another.', {
    title: 'That link was made already',
    wayOn: { href: '/admin/invites', text: 'Look at the invitations' },
  })
