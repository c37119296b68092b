import { inject } from 'vitest'
import { record } from '../../src/accounts/audit/audit.ts'
import { sealTrail } from '../../src/accounts/audit/seal-trail.ts'
import { verifyTrail } from '../../src/accounts/audit/verify-trail.ts'
import type { Db } from '../../src/db/client.ts'
import type { Prisma } from '../../src/db/generated/sqlite/client.ts'
import { startApp } from './app.ts'
import { addPerson, source } from './people.ts'

const GUARDS = [
  'AuditEvent_kept',
  'AuditEvent_unchanged',
  'AuditHead_kept',
  'AuditHead_onwards',
  'AuditKey_kept',
  'AuditStart_kept',
  'AuditStart_onwards',
]

/** Takes away what makes the database refuse to change the audit trail, as whoever owns it can. */
export async function unguardTrail(db: Db, provider = inject('provider')) {
  if (provider === 'sqlite') for (const name of GUARDS) await db.$executeRawUnsafe(`DROP TRIGGER "${name}"`)
  else
    for (const table of ['AuditEvent', 'AuditHead', 'AuditKey', 'AuditStart'])
      await db.$executeRawUnsafe(`ALTER TABLE "${table}" DISABLE TRIGGER USER`)
}

/** Events in the order of their ids, which are not those of random: two of one millisecond have one too. */
export const addEvents = async (db: Db, events: Prisma.AuditEventUncheckedCreateInput[]) => {
  for (const event of events) await db.auditEvent.create({ data: event })
}

/** Seals everything there is. */
export async function sealAll(app: Parameters<typeof sealTrail>[0]) {
  while (await sealTrail(app));
}

/** An app whose audit trail holds this many rows about two people, all sealed. */
export async function withTrail(rows = 6) {
  const services = await startApp()
  const { app, db } = services
  const { user: ana } = await addPerson(db, 'ana.silva')
  const { user: ada } = await addPerson(db, 'ada.admin', { role: 'admin' })
  for (let i = 0; i < rows; i++)
    await record(db, 'user.suspended', {
      ...{ actor: ada.id, subjectId: ana.id, source, detail: { reason: `because ${i}`, device: 'a phone' } },
    })
  await sealAll(app)
  return { ...services, ana, ada, verify: (options = {}) => verifyTrail(db, app.secretKeys, options) }
}
