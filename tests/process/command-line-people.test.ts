import { userInfo } from 'node:os'
import { expect, test } from 'vitest'
import { foyer } from '../support/launch.ts'
import { addPerson } from '../support/people.ts'
import { openFresh } from '../support/server.ts'

const operator = `cli:${userInfo().username}`

test('an operator lists, shows, suspends, restores and deletes people by the rules of the pages', async () => {
  const { url, db } = await openFresh('sqlite')
  const run = (...args: string[]) => foyer({ DATABASE_URL: url }, ['user', ...args])
  const { user } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
  await addPerson(db, 'ada.admin', { role: 'admin' })
  expect((await run('list')).out).toBe(
    'ada.admin  active  admin\nana.silva  active  member  ana@example.org\n',
  )
  const shown = await run('show', 'Ana.Silva')
  expect(shown.out).toMatch(/username: ana\.silva\n.*status: active\n.*sessions: 1\n/s)
  expect(shown.out).toMatch(/^createdAt: 2\S+Z\nlastSeenAt: 2\S+Z\n/m)
  expect(shown.out).not.toMatch(/argon2|hash/i)
  for (const [args, out] of [
    [['suspend', 'ana.silva', '--until', '2099-12-24', '--reason', 'spam'], 'ana.silva is suspended.\n'],
    [['suspend', 'ana.silva', '--until', '2099-12-25'], 'ana.silva is suspended.\n'],
    [['restore', 'ana@example.org'], 'ana.silva is active.\n'],
    [['delete', 'ana.silva', '--json'], `{"id":"${user.id}","username":"ana.silva","status":"closing"}\n`],
    [['restore', 'ana.silva'], 'ana.silva is active.\n'],
  ] as const)
    expect(await run(...args)).toEqual({ code: 0, out, err: '' })
  await run('suspend', 'ana.silva', '--until', '2099-12-24')
  expect((await run('show', 'ana.silva')).out).toContain('\nsuspendedUntil: 2099-12-24T00:00:00.000Z\n')
  await run('restore', 'ana.silva')
  const events = await db.auditEvent.findMany({ orderBy: { id: 'asc' } })
  const names = ['viewed', 'suspended', 'suspended', 'restored', 'closing', 'kept', 'suspended', 'restored']
  expect(events.map(({ event, actor, via }) => [event, actor, via])).toEqual(
    names.map((name) => [`user.${name}`, operator, 'cli']),
  )
  for (const [args, err] of [
    [['suspend', 'ada.admin'], /^At least one administrator must stay\./],
    [['suspend', 'ana.silva', '--until', 'soon'], /^until: Use a date like 2026-12-24\n$/],
  ] as const)
    expect(await run(...args)).toEqual({ code: 1, out: '', err: expect.stringMatching(err) })
})
