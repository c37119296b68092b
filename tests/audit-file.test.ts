import { describe, expect, test } from 'vitest'
import { eventsOf } from '../src/accounts/audit/event-groups.ts'
import { withEvents } from './support/audit-log.ts'

describe('the audit log as a file', () => {
  test('has what the list shows, without formulas, and is on record', async () => {
    const { mira, db, ana, admin } = await withEvents()
    const row = { actor: '=1+1', subjectId: ana.id, via: 'html', detail: { reason: 'a "quoted", line' } }
    await db.auditEvent.create({ data: { event: 'user.suspended', ...row } })
    await mira.visit('/admin/audit?action=user.suspended')
    await mira.click('Download CSV')
    const { headers, body } = mira.answer
    expect(headers['content-disposition']).toBe('attachment; filename="audit.csv"')
    const [head, first, second, ...rest] = body.split('\r\n')
    expect(head).toContain('at,event,actor,actorName,subject,subjectName')
    expect(first).toContain(`,user.suspended,'=1+1,,${ana.id},ana.silva,html,`)
    expect(first).toContain(`"{""reason"":""a \\""quoted\\"", line""}"`)
    expect(second).toContain(`,user.suspended,${admin.id},mira.okafor,${ana.id},ana.silva,html,192.0.2.1,`)
    expect(rest).toEqual([''])
    expect(await db.auditEvent.findMany({ where: { event: 'audit.downloaded' } })).toMatchObject([
      { actor: admin.id, detail: { file: 'audit.csv?action=user.suspended' } },
    ])
  })

  test('goes on after the row that an earlier part ended with', async () => {
    const { mira, db } = await withEvents()
    const file = async (query: string) => {
      await mira.request('GET', `/admin/audit.csv?who=ana.silva${query}`)
      return mira.answer.body
    }
    const whole = await file('')
    const [first = ''] = whole.split('\r\n').slice(1)
    const rest = await file(`&after=${first.split(',').at(-1)}`)
    expect(whole.endsWith(`${first}\r\n${rest}`)).toBe(true)
    expect(rest.split('\r\n')).toHaveLength(4)
    const { detail } = await db.auditEvent.findFirstOrThrow({
      where: { event: 'audit.downloaded' },
      orderBy: { id: 'desc' },
    })
    expect(detail).toEqual({ file: `audit.csv?who=*&after=${first.split(',').at(-1)}` })
  })

  test('goes on batch by batch to the end', async () => {
    const { mira, db, ana } = await withEvents()
    await db.auditEvent.createMany({
      data: Array.from({ length: 1300 }, (_, n) => ({
        ...{ event: n % 2 ? 'login.failed' : 'session.started', actor: 'visitor', via: 'html' },
        subjectId: n % 3 ? ana.id : null,
      })),
    })
    const ids = async (query: string) => {
      await mira.request('GET', `/admin/audit.csv?${query}`)
      return mira.answer.body
        .trim()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',').at(-1))
    }
    for (const [query, where] of [
      ['', {}],
      ['action=login.failed', { event: 'login.failed' }],
      ['action=signing-in', { event: { in: eventsOf('signing-in') } }],
      ['who=ana.silva&action=login.failed', { event: 'login.failed', subjectId: ana.id }],
    ] as const) {
      const rows = await db.auditEvent.findMany({ where, orderBy: { id: 'desc' }, select: { id: true } })
      const found = await ids(query)
      // That it is downloaded is in the file too.
      expect(found.slice(query ? 0 : 1), query).toEqual(rows.map(({ id }) => id))
    }
  })
})
