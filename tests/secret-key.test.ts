import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { resealAuthenticators, useAuthenticatorCode } from '../src/accounts/authenticator.ts'
import type { SecretKeys } from '../src/accounts/secret-key.ts'
import { startApp } from './support/app.ts'
import { addAuthenticator } from './support/authenticator.ts'
import { errorLog } from './support/meanwhile.ts'
import { addPerson } from './support/people.ts'
import { stepRow } from './support/second-step.ts'

const NEW = createHash('sha256').update('a new key').digest()

/** Ana and Ben have authenticators, and the operator a new key. */
async function afterAChange() {
  const { app, db, visitor } = await startApp()
  const [ana, ben] = [await addPerson(db, 'ana.silva'), await addPerson(db, 'ben.okri')]
  const [anas] = [await addAuthenticator(app, ana.user), await addAuthenticator(app, ben.user)]
  const both: SecretKeys = [NEW, app.secretKeys[0]]
  const sealed = async (userId: string) =>
    (await db.authenticator.findUniqueOrThrow({ where: { userId } })).secret
  return { app, db, visitor, ana: ana.user, ben: ben.user, anas, both, sealed }
}

test('a code that is used seals its authenticator anew, so that the former key is needed no longer', async () => {
  const { db, ana, anas, both, sealed } = await afterAChange()
  const before = await sealed(ana.id)
  const use = (keys: SecretKeys, later = 0) =>
    db.$transaction((tx) => useAuthenticatorCode(tx, keys, ana.id, anas.code(later)))
  expect(await use(both)).toBe(true)
  expect(await sealed(ana.id)).not.toEqual(before)
  expect(await use([NEW], 30_000)).toBe(true)
})

test('the operator seals all others anew at once, and is told whose can’t be opened', async () => {
  const { db, ana, ben, both, sealed } = await afterAChange()
  expect(await resealAuthenticators({ db, secretKeys: both })).toEqual({ resealed: 2, lost: [] })
  expect(await resealAuthenticators({ db, secretKeys: both })).toEqual({ resealed: 0, lost: [] })
  expect(await resealAuthenticators({ db, secretKeys: [NEW] })).toEqual({ resealed: 0, lost: [] })
  // Whoever writes into the database can't give one member the authenticator of another.
  await db.authenticator.update({ where: { userId: ben.id }, data: { secret: await sealed(ana.id) } })
  expect(await resealAuthenticators({ db, secretKeys: both })).toEqual({ resealed: 0, lost: ['ben.okri'] })
})

test('a lost key is no wrong code: the log tells the operator, and recovery codes still work', async () => {
  const { app, db, visitor, ana, anas } = await afterAChange()
  app.secretKeys = [NEW]
  const errors = errorLog(app)
  const browser = visitor()
  const { token, row } = stepRow(ana.id)
  await db.token.create({ data: row })
  browser.cookies.set('foyer-two-factor', token)
  await browser.request('POST', '/login/two-factor', { code: anas.code() })
  expect(browser.answer.statusCode).toBe(500)
  expect(browser.text('h1')).toBe('Use a recovery code')
  expect(String((errors[0] as Error).cause)).toContain(
    `The authenticator of ${ana.id} was sealed with another SECRET_KEY`,
  )
  await browser.request('POST', '/login/two-factor', { code: anas.recovery[0] ?? '' })
  expect(browser.answer.statusCode).toBe(303)
})
