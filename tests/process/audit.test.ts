import { describe, expect, test, vi } from 'vitest'
import { foyer } from '../support/launch.ts'
import { PATIENCE } from '../support/patience.ts'
import { startServer } from '../support/server.ts'
import { signUp } from '../support/sign-ups.ts'
import { unguardTrail } from '../support/trail.ts'

describe.each(['sqlite', 'postgresql'] as const)('the audit trail on %s', (provider) => {
  test('is sealed within a moment, beside the requests, and verified by a command', async () => {
    const { base, url, db, said } = await startServer({}, provider)
    const verify = async (...more: string[]) => foyer({ DATABASE_URL: url }, ['audit', 'verify', ...more])
    expect(await verify()).toMatchObject({
      code: 0,
      out: expect.stringContaining('0 rows verified'),
      err: '',
    })
    for (const name of ['ana.silva', 'ben.okri', 'cem.kaya']) await signUp(base, name)
    const unsealed = () => db.auditEvent.count({ where: { seq: null } })
    await vi.waitFor(async () => expect(await unsealed()).toBe(0), PATIENCE)

    const { code, out } = await verify()
    expect(code).toBe(0)
    expect(out).toMatch(
      /^3 rows verified, 0 of them pseudonymised\.\n0 rows not sealed yet\.\nHead: 3:[0-9a-f]{64}\n$/,
    )
    const [, head = ''] = /Head: (\S+)/.exec(out) ?? []
    const counts = { rows: 3, pseudonymised: 0, unsealed: 0 }
    expect(await verify('--expect', head, '--json')).toEqual({
      ...{ code: 0, err: '' },
      out: `${JSON.stringify({ ok: true, ...counts, removedUpTo: '0', head, broken: null })}\n`,
    })
    await vi.waitFor(() => expect(said.out).toContain('The audit trail is sealed up to here'), PATIENCE)

    await unguardTrail(db, provider)
    await db.$executeRaw`UPDATE "AuditEvent" SET "ip" = '192.0.2.99' WHERE "seq" = 2`
    const { id } = await db.auditEvent.findUniqueOrThrow({ where: { seq: 2n } })
    expect(await verify()).toMatchObject({
      code: 1,
      err: `The audit trail breaks at seq 2, id ${id}: the row was changed: who, or from where.\n`,
    })
    const broken = { seq: '2', id, problem: 'the row was changed: who, or from where' }
    expect(JSON.parse((await verify('--json')).out)).toMatchObject({ ok: false, broken })
    expect(await verify('--expect', '3')).toMatchObject({ code: 2, err: expect.stringContaining('SEQ:LINK') })
  })
})
