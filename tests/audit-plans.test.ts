import { expect, inject, onTestFinished, test } from 'vitest'
import { type EventFilter, findEvents } from '../src/accounts/find-events.ts'
import { PrismaClient as PostgresqlClient } from '../src/db/generated/postgresql/client.ts'
import { PrismaClient as SqliteClient } from '../src/db/generated/sqlite/client.ts'
import { postgresqlAdapter } from '../src/db/postgresql-adapter.ts'
import { sqlitePath } from '../src/db/sqlite.ts'
import { SqliteAdapterFactory } from '../src/db/sqlite-adapter.ts'
import { startApp } from './support/app.ts'

/** The app's database once more, with each statement that is sent to it noted. */
function noting(url: string) {
  const sent: { query: string; params: string }[] = []
  const log = [{ emit: 'event', level: 'query' } as const]
  const db =
    inject('provider') === 'sqlite'
      ? new SqliteClient({ adapter: new SqliteAdapterFactory(sqlitePath(url)), log })
      : (new PostgresqlClient({
          adapter: postgresqlAdapter(url, 1),
          log,
        }) as unknown as SqliteClient<'query'>)
  db.$on('query', (event) => void sent.push(event))
  onTestFinished(() => db.$disconnect())
  return { db, sent }
}

const id = '01a203fd-6d9f-7c5e-91f8-b8b21bca1089'
const day = new Date('2026-11-22')
const KEY = /AuditEvent_pkey|sqlite_autoindex_AuditEvent_1/

test.each<[EventFilter & { after?: string; before?: string }, RegExp[]]>([
  [{}, [KEY]],
  [{ after: id, from: day, until: day }, [KEY]],
  [{ ip: '192.0.2.1', before: id }, [KEY]],
  [{ people: [id] }, [/AuditEvent_subjectId_id_idx/, /AuditEvent_actor_id_idx/]],
  [{ people: [id], before: id, from: day }, [/AuditEvent_subjectId_id_idx/, /AuditEvent_actor_id_idx/]],
  [
    { people: [id], events: ['login.failed'], after: id },
    [/AuditEvent_subjectId_id_idx/, /AuditEvent_actor_id_idx/],
  ],
  [{ events: ['login.failed', 'user.kept'] }, [/AuditEvent_event_id_idx/]],
  [{ events: ['login.failed', 'user.kept'], before: id, until: day }, [/AuditEvent_event_id_idx/]],
])('the audit log reads %j in the order of an index', async (query, indexes) => {
  const { config } = await startApp()
  const { db, sent } = noting(config.databaseUrl)
  await findEvents(db, query, { ...query, take: 51 })
  const [{ query: sql, params } = { query: '', params: '' }] = sent.filter(({ query }) => /LIMIT/.test(query))
  const values = JSON.parse(params) as unknown[]
  const plan = await db.$transaction(async (tx) => {
    if (inject('provider') === 'sqlite')
      return tx.$queryRawUnsafe<object[]>(`EXPLAIN QUERY PLAN ${sql}`, ...values)
    // So few rows are read and sorted faster than an index: what is asked is whether the index could do it.
    await tx.$executeRaw`SET LOCAL enable_seqscan = off`
    await tx.$executeRaw`SET LOCAL enable_sort = off`
    return tx.$queryRawUnsafe<object[]>(`EXPLAIN ${sql}`, ...values)
  })
  const steps = plan.map((row) => Object.values(row).at(-1)).join('\n')
  for (const index of indexes) expect(steps).toMatch(index)
  expect(steps).not.toMatch(/sort|TEMP B-TREE|Seq Scan/i)
})
