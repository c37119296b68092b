import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { record } from '../src/accounts/audit/audit.ts'
import { resealTrail } from '../src/accounts/audit/reseal-trail.ts'
import { sealTrail } from '../src/accounts/audit/seal-trail.ts'
import { verifyTrail } from '../src/accounts/audit/verify-trail.ts'
import type { SecretKeys } from '../src/accounts/secret-key.ts'
import { source } from './support/people.ts'
import { unguardTrail, withTrail } from './support/trail.ts'

const secret = (name: string) => createHash('sha256').update(name).digest()
const NEW = secret('new')

/** A trail that three rows of were sealed with the first secret, and ways to go on with others. */
async function withOldKey() {
  const { app, db } = await withTrail(3)
  const [old] = app.secretKeys
  return {
    ...{ db, old },
    verify: (...secretKeys: SecretKeys) => verifyTrail(db, secretKeys),
    reseal: (...secretKeys: SecretKeys) => resealTrail({ db, secretKeys }),
    goOn: (...secretKeys: SecretKeys) => resealTrail({ db, secretKeys }, { isLost: true }),
    async seal(...secretKeys: SecretKeys) {
      await record(db, 'login.failed', { actor: 'visitor', source })
      return sealTrail({ db, secretKeys })
    },
  }
}

describe('a new secret key', () => {
  test('reads the chain with the former beside it, and goes on with its key', async () => {
    const { old, verify, seal } = await withOldKey()
    expect(await verify(NEW, old)).toMatchObject({ rows: 3, broken: undefined })
    expect(await seal(NEW, old)).toBe(1)
    expect(await verify(NEW, old)).toMatchObject({ rows: 4, broken: undefined })
    expect(await verify(old)).toMatchObject({ rows: 4, broken: undefined })
  })

  test('alone verifies and goes on once the keys were sealed anew', async () => {
    const { db, old, verify, reseal, seal } = await withOldKey()
    expect(await reseal(NEW, old)).toEqual({ resealed: 1, isNew: true, lost: [] })
    expect(await verify(NEW)).toMatchObject({ rows: 3, broken: undefined })
    expect(await seal(NEW)).toBe(1)
    expect(await verify(NEW)).toMatchObject({ rows: 4, broken: undefined })
    expect((await db.auditKey.findMany({ orderBy: { since: 'asc' } })).map(({ since }) => since)).toEqual([
      1n,
      4n,
    ])
    // The former opens none of them any more.
    expect((await verify(old)).broken).toMatchObject({ seq: 1n })
    await expect(seal(old)).rejects.toThrow('another SECRET_KEY')
  })

  test('may follow another before anything happened', async () => {
    const { db, old, verify, reseal, seal } = await withOldKey()
    const newer = secret('newer')
    await reseal(NEW, old)
    expect(await reseal(newer, NEW)).toEqual({ resealed: 2, isNew: true, lost: [] })
    expect(await reseal(newer)).toEqual({ resealed: 0, isNew: false, lost: [] })
    expect(await seal(newer)).toBe(1)
    expect(await verify(newer)).toMatchObject({ rows: 4, broken: undefined })
    expect(await db.auditKey.count()).toBe(2)
  })

  test('whose former is lost goes on, and says from where on rows can’t be verified', async () => {
    const { verify, reseal, goOn, seal } = await withOldKey()
    expect(await reseal(NEW)).toEqual({ resealed: 0, isNew: false, lost: [1n] })
    await expect(seal(NEW)).rejects.toThrow('another SECRET_KEY')
    expect(await goOn(NEW)).toEqual({ resealed: 0, isNew: true, lost: [1n] })
    expect(await seal(NEW)).toBe(2)
    expect((await verify(NEW)).broken).toMatchObject({ seq: 1n, problem: /no SECRET_KEY opens/ })
  })

  test('is not given to a chain that was cut off', async () => {
    const { db, old, reseal } = await withOldKey()
    await unguardTrail(db)
    await db.$executeRaw`DELETE FROM "AuditEvent" WHERE "seq" = 3`
    await expect(reseal(NEW, old)).rejects.toThrow('doesn’t end as it was left')
    expect(await db.auditKey.count()).toBe(1)
  })

  test('is of no use at another place of the chain', async () => {
    const { db, old, verify, reseal, seal } = await withOldKey()
    await reseal(NEW, old)
    await seal(NEW)
    await unguardTrail(db)
    const [first, second] = await db.auditKey.findMany({ orderBy: { since: 'asc' } })
    await db.auditKey.update({ where: { since: 1n }, data: { sealed: second?.sealed ?? new Uint8Array() } })
    await db.auditKey.update({ where: { since: 4n }, data: { sealed: first?.sealed ?? new Uint8Array() } })
    expect((await verify(NEW)).broken).toMatchObject({ seq: 1n, problem: /no SECRET_KEY opens/ })
  })
})
