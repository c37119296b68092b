import { describe, expect, test } from 'vitest'
import { wrongAnswers, wrongPasskeys } from './support/passkey-lies.ts'
import { ADD, CONFIRM, expectRefused, LOGIN, send, stage } from './support/passkey-stage.ts'
import { addPerson } from './support/people.ts'
import { optionsFor, SoftwarePasskey, storePasskey } from './support/software-passkey.ts'

describe('a sign-in is refused', () => {
  test('whatever is wrong with the answer, and nobody is let in', async () => {
    const here = await stage()
    const { db, ana, stranger } = here
    for (const [how, wrong] of wrongAnswers)
      await expectRefused(here, how, async () => {
        const visitor = stranger()
        const options = await optionsFor(visitor, LOGIN)
        ana.passkey.count = 5
        return send(visitor, LOGIN, wrong(ana.passkey, options))
      })
    // What is not wrong is let in.
    const visitor = stranger()
    const right = ana.passkey.get(await optionsFor(visitor, LOGIN))
    expect((await send(visitor, LOGIN, right)).statusCode).toBe(303)
    expect(await db.passkey.findFirst({ where: { id: ana.id } })).toMatchObject({ signCount: 6n })
    console.info(`${wrongAnswers.length} wrong answers, ${wrongPasskeys.length} wrong passkeys`)
  })

  test('without the user’s handle, with another member’s, and for an unknown one with the same answer', async () => {
    const here = await stage()
    const { ana, ben, stranger } = here
    for (const userHandle of [undefined, ben.passkey.userHandle])
      await expectRefused(here, String(userHandle), async () => {
        const visitor = stranger()
        const options = await optionsFor(visitor, LOGIN)
        return send(visitor, LOGIN, ana.passkey.get(options, { userHandle }))
      })
  })

  test('for a suspended, a pending and a removed one as for one that nobody has', async () => {
    const here = await stage()
    const { db, ana, ben, stranger } = here
    const { user } = await addPerson(db, 'pia.pending', { status: 'pending' })
    const pia = { passkey: new SoftwarePasskey() }
    await storePasskey(db, user, pia.passkey)
    await db.user.update({ where: { id: ana.user.id }, data: { status: 'suspended' } })
    await db.passkey.delete({ where: { id: ben.id } })
    const texts = []
    for (const { passkey } of [ana, ben, pia, { passkey: new SoftwarePasskey() }]) {
      const visitor = stranger()
      const options = await optionsFor(visitor, LOGIN)
      expect((await send(visitor, LOGIN, passkey.get(options))).statusCode).toBe(422)
      texts.push(visitor.text())
    }
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).toContain('We don’t know that passkey')
    expect(await db.session.count()).toBe(3)
  })
})

test('a new passkey is refused, whatever is wrong with it', async () => {
  const here = await stage()
  const { db, ana } = here
  const { browser } = ana
  for (const [how, wrong] of wrongPasskeys)
    await expectRefused(here, how, async () =>
      send(browser, ADD, wrong(new SoftwarePasskey(), await optionsFor(browser, ADD))),
    )
  const right = new SoftwarePasskey().create(await optionsFor(browser, ADD))
  expect((await send(browser, ADD, right)).statusCode).toBe(303)
  expect(await db.passkey.count({ where: { userId: ana.user.id } })).toBe(2)
})

test('a new passkey that is there already is refused, one’s own and another member’s', async () => {
  const here = await stage()
  const { ana, ben } = here
  for (const { passkey } of [ana, ben])
    await expectRefused(here, 'known', async () => {
      const options = await optionsFor(ana.browser, ADD)
      const answer = await send(ana.browser, ADD, new SoftwarePasskey().create(options, { id: passkey.id }))
      expect(ana.browser.text('#credential-error')).toContain('This passkey is already on your account')
      return answer
    })
})

test('the twenty-first passkey is refused', async () => {
  const { db, ana } = await stage()
  for (let i = 0; i < 18; i++)
    await storePasskey(
      db,
      await db.user.findUniqueOrThrow({ where: { id: ana.user.id } }),
      new SoftwarePasskey(),
    )
  const add = async () =>
    send(ana.browser, ADD, new SoftwarePasskey().create(await optionsFor(ana.browser, ADD)))
  expect((await add()).statusCode).toBe(303)
  expect((await add()).statusCode).toBe(409)
  expect(await db.passkey.count({ where: { userId: ana.user.id } })).toBe(20)
})

describe('a fresh proof is refused', () => {
  test('whatever is wrong with the answer, and nothing is proven', async () => {
    const here = await stage()
    const { db, ana } = here
    await db.session.updateMany({ data: { provenAt: null } })
    for (const [how, wrong] of wrongAnswers)
      await expectRefused(here, how, async () => {
        await db.throttle.deleteMany()
        const options = await optionsFor(ana.browser, CONFIRM)
        expect(options.allowCredentials?.map(({ id }) => id)).toEqual([ana.passkey.id.toString('base64url')])
        ana.passkey.count = 5
        return send(ana.browser, CONFIRM, wrong(ana.passkey, options))
      })
    const proofs = () => db.session.count({ where: { provenAt: { not: null } } })
    expect(await proofs()).toBe(0)
    const right = ana.passkey.get(await optionsFor(ana.browser, CONFIRM), { userHandle: undefined })
    expect((await send(ana.browser, CONFIRM, right)).statusCode).toBe(303)
    expect(await proofs()).toBe(1)
  })

  test('by another member’s passkey', async () => {
    const here = await stage()
    const { ana, ben } = here
    for (const userHandle of [undefined, ana.passkey.userHandle, ben.passkey.userHandle])
      await expectRefused(here, String(userHandle), async () => {
        const options = await optionsFor(ana.browser, CONFIRM)
        return send(ana.browser, CONFIRM, ben.passkey.get(options, { userHandle }))
      })
  })
})
