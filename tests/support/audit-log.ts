import { record } from '../../src/accounts/audit/audit.ts'
import { withAdmin } from './admins.ts'
import { addPerson, source } from './people.ts'

/** An administrator, a member, and what happened to them. */
export async function withEvents() {
  const services = await withAdmin()
  const { db, person } = services
  const { user: ana } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  const mira = await person('mira.okafor')
  const about = { subjectId: ana.id, source }
  await record(db, 'login.failed', { ...about, actor: 'visitor' })
  await record(db, 'session.started', { ...about, actor: ana.id })
  await record(db, 'user.suspended', { ...about, actor: mira.id, detail: { reason: 'spam' } })
  await record(db, 'two-factor.reset', {
    ...{ ...about, actor: 'cli:root' },
    source: { ...source, ip: 'local', via: 'cli' },
  })
  return { ...services, ana, admin: mira }
}
