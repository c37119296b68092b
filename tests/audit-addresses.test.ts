import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { askForApproval } from '../src/accounts/admission.ts'
import { record } from '../src/accounts/audit/audit.ts'
import { withoutAddress } from '../src/accounts/audit/trail.ts'
import { cutAddress } from '../src/accounts/network.ts'
import { readConfig } from '../src/config.ts'
import type { Db } from '../src/db/client.ts'
import { notify, postAll } from '../src/mail/outbox.ts'
import { days, fromNow, minutes } from '../src/time.ts'
import { withAdmin } from './support/admins.ts'
import { startApp } from './support/app.ts'
import { addJob, crowdStage, runJobs } from './support/jobs.ts'
import { addPerson, source } from './support/people.ts'
import { eraseClosed, purge } from './support/purge.ts'
import { sealAll, unguardTrail, withTrail } from './support/trail.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const pass = (time: number) => void vi.setSystemTime(fromNow(time))

const addresses = async (db: Db) =>
  (await db.auditEvent.findMany({ orderBy: { id: 'asc' } })).map(({ ip }) => ip)

/** A trail with a row from each of these, all sealed, and then so much time. */
async function withRowsFrom(ips: string[], time: number) {
  const trail = await withTrail(0)
  const { app, db, ana } = trail
  for (const ip of ips)
    await record(db, 'login.failed', {
      ...{ actor: 'visitor', subjectId: ana.id, source: { ...source, ip }, detail: { reason: 'x' } },
    })
  await sealAll(app)
  pass(time)
  return trail
}

test.each([
  ['203.0.113.77', '203.0.113.0/24'],
  ['::ffff:203.0.113.77', '203.0.113.0/24'],
  ['2001:DB8:85a3:1111:2222:8a2e:370:7334', '2001:db8:85a3::/48'],
  ['2001:db8::7', '2001:db8:0::/48'],
  ['fe80::1%eth0', 'fe80:0:0::/48'],
  ['203.0.113.0/24', '203.0.113.0/24'],
  ['local', 'local'],
])('of %s %s is kept', (ip, kept) => {
  expect([cutAddress(ip), cutAddress(cutAddress(ip))]).toEqual([kept, kept])
})

describe('of an address in the audit trail', () => {
  test('only the network is kept after 30 days, and the chain stays whole', async () => {
    const ips = ['203.0.113.77', '2001:db8:85a3::7', 'local']
    const { app, db, verify } = await withRowsFrom(ips, days(30) - minutes(1))
    await purge(db)
    expect(await addresses(db)).toEqual(ips)
    pass(minutes(2))
    await record(db, 'login.failed', { actor: 'visitor', source })
    const before = await db.auditEvent.findMany({ orderBy: { id: 'asc' }, omit: { ip: true, salt: true } })
    for (let i = 0; i < 2; i++) {
      await purge(db)
      expect(await addresses(db)).toEqual(['203.0.113.0/24', '2001:db8:85a3::/48', 'local', source.ip])
      const after = await db.auditEvent.findMany({ orderBy: { id: 'asc' }, omit: { ip: true, salt: true } })
      expect(after).toEqual(before)
      expect(await verify()).toMatchObject({ rows: 3, pseudonymised: 0, unsealed: 1, broken: undefined })
    }
    await sealAll(app)
    expect(await verify()).toMatchObject({ rows: 4, unsealed: 0, broken: undefined })
  })

  test('all are cut, however many', async () => {
    const { db, verify } = await withRowsFrom(
      Array.from({ length: 401 }, (_, n) => `203.0.113.${n % 256}`),
      days(31),
    )
    await purge(db)
    expect(await db.auditEvent.count({ where: { ip: '203.0.113.0/24' } })).toBe(401)
    expect(await verify()).toMatchObject({ rows: 401, broken: undefined })
  })

  test('none is left when somebody is erased, before or after', async () => {
    const { app, db, ana, verify } = await withRowsFrom(['203.0.113.77'], days(31))
    await purge(db)
    await db.user.update({ where: { id: ana.id }, data: { status: 'closing', closesAt: new Date(0) } })
    await eraseClosed(db)
    await purge(db)
    await sealAll(app)
    expect(await addresses(db)).toEqual([null, 'local'])
    expect(await verify()).toMatchObject({ rows: 2, pseudonymised: 1, broken: undefined })
  })

  test.each([
    ['192.0.2.1', 2],
    ['192.0.2.0/24', 2],
    ['192.0.0.0/16', 2],
    ['192.0.2.2', 0],
    ['192.0.3.0/24', 0],
    ['2001:db8::/32', 1],
    ['2001:db8:0:1::/64', 0],
    ['192.0.2.0/99', 0],
  ])('what is whole still is found by %s', async (who, count) => {
    const { db, mira } = await withAdmin()
    for (const ip of ['192.0.2.1', '192.0.2.1', '2001:db8::1', 'local'])
      await record(db, 'login.failed', { actor: 'visitor', source: { ...source, ip } })
    const query = `who=${encodeURIComponent(who)}&action=login.failed`
    expect((await mira.json('GET', `/admin/audit?${query}`)).json().events).toHaveLength(count)
  })

  test('what is left is found by the network and by the address', async () => {
    const { app, db, mira, person } = await withAdmin()
    await sealAll(app)
    pass(days(31))
    await purge(db)
    const { id } = await person('mira.okafor')
    const { token } = await addPerson(db, 'ada.admin', { role: 'admin' })
    mira.cookies.set('foyer-session', token)
    for (const who of ['192.0.2.1', '192.0.2.0/24', '192.0.2.0/25', '192.0.2.128/25', '192.0.0.0/16']) {
      const { events } = (await mira.json('GET', `/admin/audit?who=${encodeURIComponent(who)}`)).json()
      expect(events).toContainEqual(expect.objectContaining({ event: 'user.registered', ip: '192.0.2.0/24' }))
    }
    const { events } = (await mira.json('GET', '/admin/audit?who=192.0.3.0/25')).json()
    expect(events).toEqual([])
    await mira.visit(`/admin/users/${id}`)
    expect(mira.text('.timeline')).toContain('192.0.2.0/24')
  })
})

/** What somebody does to a row whose address was cut, who owns the database, and in which words that shows. */
const TAMPERING: [string, (db: Db) => Promise<unknown>, RegExp][] = [
  ['its network', (db) => db.auditEvent.updateMany({ data: { ip: '198.51.100.0/24' } }), /from where/],
  ['its network into an address', (db) => db.auditEvent.updateMany({ data: { ip: '203.0.113.7' } }), /where/],
  ['its network away', (db) => db.auditEvent.updateMany({ data: { ip: null } }), /from where/],
  ['its actor', (db) => db.auditEvent.updateMany({ data: { actor: 'foyer' } }), /who/],
  ['its reason', (db) => db.auditEvent.updateMany({ data: { detail: { reason: 'y' } } }), /who/],
  ['its salt', (db) => db.auditEvent.updateMany({ data: { salt: new Uint8Array(48) } }), /who/],
  ['its salt away', (db) => db.auditEvent.updateMany({ data: { salt: null } }), /salt is gone/],
  ['its event', (db) => db.auditEvent.updateMany({ data: { event: 'user.kept' } }), /was changed, put in/],
]

test.each(TAMPERING)('whoever changes %s is found out', async (_what, tamper, problem) => {
  const { db, verify } = await withRowsFrom(['203.0.113.77'], days(31))
  await purge(db)
  await unguardTrail(db)
  await tamper(db)
  expect((await verify()).broken).toMatchObject({ seq: 1n, problem: expect.stringMatching(problem) })
})

test('whoever cuts an address before its time is found out', async () => {
  const { db, verify } = await withRowsFrom(['203.0.113.77'], days(7) - minutes(1))
  const { salt } = await db.auditEvent.findFirstOrThrow()
  await db.auditEvent.updateMany({ data: withoutAddress(salt ?? new Uint8Array(), '203.0.113.77') })
  expect((await verify()).broken).toMatchObject({ seq: 1n, problem: 'its address was cut before its time' })
})

test('the database itself refuses to change more of a row than its address', async () => {
  const { db, verify } = await withRowsFrom(['203.0.113.77'], days(31))
  const { salt } = await db.auditEvent.findFirstOrThrow()
  const cut = withoutAddress(salt ?? new Uint8Array(), '203.0.113.77')
  for (const data of [
    { ...cut, ip: '203.0.113.78' },
    { ...cut, salt: new Uint8Array(48) },
    { ...cut, salt: cut.salt.slice(0, 47) },
    { ...cut, actor: 'foyer' },
    { ...cut, detail: { reason: 'y' } },
    { ip: cut.ip },
    { salt: cut.salt, userAgent: null },
  ])
    await expect(db.auditEvent.updateMany({ data })).rejects.toThrow('only added to')
  await purge(db)
  await expect(db.auditEvent.updateMany({ data: cut })).rejects.toThrow('only added to')
  expect(await verify()).toMatchObject({ rows: 1, broken: undefined })
})

describe('of the address that a mail or a change to many people came from', () => {
  test('only the network is kept after 30 days, and all the rest that they say', async () => {
    const { db } = await startApp({ KEEP_MAILS_DAYS: '365' })
    const { user } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
    const facts = { device: 'Firefox on Linux', place: 'Lisbon', passkey: 'Phone' }
    const from = ['203.0.113.77', '::ffff:203.0.113.77', '2001:db8:85a3::7', 'local', '']
    for (const ip of from) await Promise.all(notify(db, 'passkey-added', user, { ...source, ip }, facts))
    for (const ip of from.slice(0, 3)) await addJob(db, { state: 'paused' }, { ...source, ip })
    const rows = async () => ({
      mails: await db.mail.findMany({ orderBy: { id: 'asc' }, omit: { dueAt: true } }),
      jobs: await db.job.findMany({ orderBy: { id: 'asc' } }),
    })
    pass(days(30) - minutes(1))
    const { mails, jobs } = await rows()
    await purge(db, readConfig({ KEEP_MAILS_DAYS: '365' }))
    expect(await rows()).toEqual({ mails, jobs })
    pass(minutes(2))
    await Promise.all(notify(db, 'passkey-added', user, source, facts))
    const kept = new Map([
      ['203.0.113.77', '203.0.113.0/24'],
      ['::ffff:203.0.113.77', '203.0.113.0/24'],
      ['2001:db8:85a3::7', '2001:db8:85a3::/48'],
    ])
    const cut = (noted: unknown) => {
      const { ip, ...rest } = noted as { ip: string }
      return { ...rest, ip: kept.get(ip) ?? ip }
    }
    for (let i = 0; i < 2; i++) {
      await purge(db, readConfig({ KEEP_MAILS_DAYS: '365' }))
      const after = await rows()
      expect(after.jobs).toEqual(jobs.map((job) => ({ ...job, source: cut(job.source) })))
      expect(after.mails.slice(0, -1)).toEqual(
        mails.map((mail) => ({ ...mail, facts: cut(mail.facts), networkOnly: true })),
      )
      expect(after.mails.at(-1)?.facts).toMatchObject({ ip: source.ip })
    }
  })

  test('all are cut, however many', async () => {
    const { db } = await startApp()
    const mails = Array.from({ length: 401 }, (_, n) => ({
      to: { address: `person-${n}@example.org`, dueAt: fromNow(days(30)) },
      facts: { ip: `203.0.113.${n % 256}` },
    }))
    await postAll(db, 'invitation', mails, source)
    pass(days(31))
    await purge(db)
    const ips = (await db.mail.findMany()).map(({ facts }) => (facts as { ip: string }).ip)
    expect([ips.length, new Set(ips)]).toEqual([401, new Set(['203.0.113.0/24'])])
  })

  test('a change that goes on afterwards is on record with the network', async () => {
    const { app, db, ids, actorId } = await crowdStage(2)
    await db.user.updateMany({ where: { id: { in: ids } }, data: { email: null } })
    const job = await addJob(db, { state: 'paused', actorId }, { ...source, ip: '203.0.113.77' })
    pass(days(31))
    await purge(db)
    await db.job.update({ where: { id: job }, data: { state: 'running' } })
    await runJobs(app)
    const events = await db.auditEvent.findMany({ where: { event: 'user.suspended' } })
    expect(events.map(({ ip }) => ip)).toEqual(['203.0.113.0/24', '203.0.113.0/24'])
  })
})

test('of sessions and of sign-ups that wait, only the network is kept after the days that are set', async () => {
  const { app, db, mira } = await withAdmin()
  const { user } = await addPerson(db, 'rita.request', { status: 'pending' })
  const from = { ...source, ip: '2001:db8:85a3:1111::7' }
  await db.$transaction((tx) => askForApproval(tx, user.id, from))
  await mira.visit('/admin/settings/retention')
  await mira.fill({ 'Network addresses, in days': '7' }).press('Save')
  expect(mira.text('main')).toContain('network addresses 7 days')
  pass(days(7) + minutes(1))
  const old = await db.session.findFirstOrThrow({ where: { user: { username: 'mira.okafor' } } })
  await db.session.update({ where: { id: old.id }, data: { expiresAt: fromNow(days(1)) } })
  const { sessionId } = await addPerson(db, 'ana.silva')
  await purge(db, app.config)
  const ipOf = async (id: string) => (await db.session.findUniqueOrThrow({ where: { id } })).ip
  expect([await ipOf(old.id), await ipOf(sessionId)]).toEqual(['192.0.2.0/24', source.ip])
  expect(await db.signUpRequest.findMany()).toMatchObject([
    { ip: '2001:db8:85a3::/48', network: '2001:db8:85a3::/48' },
  ])
})
