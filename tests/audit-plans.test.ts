import { test } from 'vitest'
import { type EventFilter, findEvents } from '../src/accounts/audit/find-events.ts'
import { cutAddresses } from '../src/accounts/cut-addresses.ts'
import type { Db } from '../src/db/client.ts'
import { days } from '../src/time.ts'
import { expectIndexes } from './support/query-plan.ts'

const id = '01a203fd-6d9f-7c5e-91f8-b8b21bca1089'
const day = new Date('2026-11-22')
const KEY = /AuditEvent_pkey|sqlite_autoindex_AuditEvent_1/

test.each<[EventFilter & { after?: string; before?: string }, RegExp[]]>([
  [{}, [KEY]],
  [{ after: id, from: day, until: day }, [KEY]],
  [{ isFrom: () => true, before: id }, [KEY]],
  [{ people: [id] }, [/AuditEvent_subjectId_id_idx/, /AuditEvent_actor_id_idx/]],
  [{ people: [id], before: id, from: day }, [/AuditEvent_subjectId_id_idx/, /AuditEvent_actor_id_idx/]],
  [
    { people: [id], events: ['login.failed'], after: id },
    [/AuditEvent_subjectId_id_idx/, /AuditEvent_actor_id_idx/],
  ],
  [{ actors: [id] }, [/AuditEvent_actor_id_idx/]],
  [{ subjects: [id], before: id }, [/AuditEvent_subjectId_id_idx/]],
  [{ subjects: [id], actors: ['visitor'], events: ['login.failed'] }, [/AuditEvent_subjectId_id_idx/]],
  [{ events: ['login.failed', 'user.kept'] }, [/AuditEvent_event_id_idx/]],
  [{ events: ['login.failed', 'user.kept'], before: id, until: day }, [/AuditEvent_event_id_idx/]],
])('the audit log reads %j in the order of an index', async (query, indexes) => {
  await expectIndexes((db) => findEvents(db, query, { ...query, take: 51 }), indexes)
})

test('addresses that are to be cut are found by an index', async () => {
  const cut = (db: Db) => cutAddresses(db, days(30))
  await expectIndexes(cut, [/AuditEvent_uncut_idx/])
  await expectIndexes(cut, [/Mail_networkOnly_createdAt_idx/], /FROM .*"?Mail"?.*LIMIT/s)
})
