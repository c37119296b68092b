import type { KeyedServices } from '../../accounts/services.ts'
import { listSessions } from '../../accounts/session-list.ts'
import { secondStepOf } from '../../accounts/two-factor.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { instant } from '../../http/instant.ts'
import { person } from '../../http/person.ts'
import { subjectOf } from '../../mail/compose.ts'
import { failedTries } from './history.ts'

/** How many of a person's mails are shown. */
const MAILS = 5

/** All that their page tells of a person but the history: an allow-list of what is kept about them, never a row. */
export async function describePerson(services: Pick<KeyedServices, 'config' | 'db' | 'placeOf'>, user: User) {
  const { config, db } = services
  const where = { userId: user.id }
  const [sessions, mails, passkeys, devices, step, request, invitation, tries] = await Promise.all([
    listSessions(services, user.id),
    db.mail.findMany({ where, orderBy: { id: 'desc' }, take: MAILS }),
    db.passkey.count({ where }),
    db.device.count({ where }),
    secondStepOf(db, user.id),
    db.signUpRequest.findUnique({ where }),
    invitedBy(services, user),
    failedTries(services, user.id),
  ])
  return {
    person: {
      ...person(user),
      emailProven: user.provenEmailKey !== null,
      newEmail: user.newEmail,
      language: user.language,
      timeZone: user.timeZone,
      passwordChangedAt: user.passwordHash === '' ? null : instant(user.passwordChangedAt),
      imported: user.passwordHash !== '' && !user.passwordHash.startsWith('$argon2id$'),
      termsVersion: user.termsVersion,
      closesAt: user.closesAt && instant(user.closesAt),
      suspendedUntil:
        user.status === 'suspended' && user.suspendedUntil ? instant(user.suspendedUntil) : null,
      twoFactor: step.since !== undefined,
      codesLeft: step.codesLeft,
      passkeys,
      devices,
      failedTries: tries,
      invitation,
      request: request && { askedAt: instant(request.askedAt), ip: request.ip },
    },
    sessions: sessions.map(({ id, device, ip, place, lastSeenAt }) => ({
      ...{ id, device, ip, place },
      lastSeenAt: instant(lastSeenAt),
    })),
    mails: mails.map((mail) => ({
      id: mail.id,
      subject: subjectOf(config, mail),
      state: mail.state,
      createdAt: instant(mail.createdAt),
    })),
  }
}

/** The invitation they joined by, and whose it was. */
async function invitedBy({ db }: Pick<KeyedServices, 'db'>, { invitationId }: User) {
  const where = { id: invitationId ?? '' }
  const invitation = invitationId && (await db.invitation.findUnique({ where }))
  if (!invitation) return null
  const by = await db.user.findUnique({ where: { id: invitation.createdBy }, select: { username: true } })
  return { createdAt: instant(invitation.createdAt), by: by?.username ?? null }
}
