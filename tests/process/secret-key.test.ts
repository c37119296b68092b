import { describe, expect, test, vi } from 'vitest'
import { record } from '../../src/accounts/audit/audit.ts'
import { sealTrail } from '../../src/accounts/audit/seal-trail.ts'
import { sealAuthenticator } from '../../src/accounts/authenticator.ts'
import { openSecretKeys } from '../../src/accounts/secret-key.ts'
import { readConfig } from '../../src/config.ts'
import { foyer } from '../support/launch.ts'
import { PATIENCE } from '../support/patience.ts'
import { addPerson, source } from '../support/people.ts'
import { openFresh, serve } from '../support/server.ts'

const keysOf = (SECRET_KEY: string) => openSecretKeys(readConfig({ SECRET_KEY }))

/** A database whose audit trail was sealed with another key than the service has. */
async function withLostKey() {
  const services = await openFresh('sqlite')
  const { db } = services
  await record(db, 'login.failed', { actor: 'visitor', source })
  await sealTrail({ db, secretKeys: keysOf('a key that was lost, of so many characters') })
  return services
}

describe('foyer secret-key reseal', () => {
  test('seals with the first key what the others have sealed, and names whose no key opens', async () => {
    const [old, current] = [
      'an old key of at least thirty-two characters',
      'a new key of at least thirty-two characters',
    ]
    const { url, db } = await openFresh('sqlite')
    const { user } = await addPerson(db, 'ana.silva')
    const secret = sealAuthenticator(keysOf(old), user.id, Buffer.alloc(20))
    await db.authenticator.create({ data: { userId: user.id, secret, lastStep: 0 } })
    const reseal = (SECRET_KEY: string) => foyer({ DATABASE_URL: url, SECRET_KEY }, ['secret-key', 'reseal'])
    const lost = await reseal(current)
    expect(lost).toMatchObject({ code: 1, err: 'No key opens the authenticators of: ana.silva\n' })
    const both = await reseal(`${current}\n${old}`)
    expect(both).toEqual({ code: 0, out: '1 secret was sealed anew with the first key.\n', err: '' })
    expect(await reseal(current)).toMatchObject({
      code: 0,
      out: '0 secrets were sealed anew with the first key.\n',
    })
  })

  test('writes nothing where no key opens those of the audit trail, unless told that they are lost', async () => {
    const { url, db } = await withLostKey()
    const keys = await db.auditKey.findMany()
    expect(await foyer({ DATABASE_URL: url }, ['secret-key', 'reseal'])).toMatchObject({
      code: 1,
      err: 'No key opens those of the audit trail, from these places on: 1. If it is lost for good, add --lost\n',
    })
    expect(await db.auditKey.findMany()).toEqual(keys)
    expect(await foyer({ DATABASE_URL: url }, ['secret-key', 'reseal', '--lost'])).toEqual({
      code: 0,
      out: expect.stringMatching(/goes on with a new key\.\n$/),
      err: '',
    })
    expect(await db.auditKey.count()).toBe(2)
  })

  test('makes no key where there is none', async () => {
    const { url } = await openFresh('sqlite')
    const { code, err } = await foyer({ DATABASE_URL: url, SECRET_KEY: '' }, ['secret-key', 'reseal'])
    expect([code, err]).toEqual([1, expect.stringMatching(/^SECRET_KEY: set it, [^\n]*ENOENT[^\n]*\n$/)])
  })
})

test('a service whose database was used with another key says so at its start, in one line', async () => {
  const { url } = await withLostKey()
  const { said } = await serve({ DATABASE_URL: url })
  const told = /^The database was used with another SECRET_KEY: [^\n]+\n$/
  await vi.waitFor(() => expect(said.err).toMatch(told), PATIENCE)
})
