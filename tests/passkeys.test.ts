import { describe, expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { mailOf } from './support/mailbox.ts'
import { addPerson } from './support/people.ts'
import { addPasskey, logInBy, optionsFor, SoftwarePasskey } from './support/software-passkey.ts'

/** A member who is signed in, and another browser. */
async function stage(traits: Parameters<typeof addPerson>[2] = { email: 'ana@example.org' }) {
  const { app, db, visitor } = await startApp()
  const { user, token } = await addPerson(db, 'ana.silva', traits)
  const ana = visitor()
  ana.cookies.set('foyer-session', token)
  return { app, db, user, ana, visitor }
}

describe('a passkey', () => {
  test('is added under a name, told by mail, and signs in alone', async () => {
    const { app, db, user, ana, visitor } = await stage()
    const phone = new SoftwarePasskey()
    await addPasskey(ana, phone, 'Ana’s phone: the red one')
    await ana.visit('/account/passkeys')
    expect(ana.text('[role=status]')).toBe(
      'Passkey “Ana’s phone: the red one” added. You can use it next time you sign in.',
    )
    expect(ana.text('.list')).toMatch(/^Ana’s phone: the red one ?Added .+ · Not used yet/)
    const [mail] = await mailOf(app)
    expect(mail).toMatchObject({ to: 'ana@example.org', subject: 'A passkey was added' })
    expect(mail?.text).toContain('“Ana’s phone: the red one”')

    const other = visitor()
    const options = await optionsFor(other, '/login/passkey')
    expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required', timeout: 300_000 })
    expect(options.allowCredentials ?? []).toEqual([])
    const credential = JSON.stringify(phone.get(options))
    await other.request('POST', '/login/passkey', { credential, remember: '1', return_to: '/account/name' })
    expect(other.answer.headers.location).toBe('/account/name')
    await other.visit('/account')
    expect(other.text('.who')).toContain('ana.silva')
    const session = await db.session.findFirstOrThrow({ where: { userId: user.id }, orderBy: { id: 'desc' } })
    expect(session).toMatchObject({ remember: true, provenAt: expect.any(Date) })
    await other.visit('/account/passkeys')
    expect(other.text('.list')).toContain('· Last used ')
  })

  test('is asked for with nothing personal, and not where there is one already', async () => {
    const { db, user, ana } = await stage()
    const phone = new SoftwarePasskey()
    await addPasskey(ana, phone)
    const options = await optionsFor(ana, '/account/passkeys')
    expect(options).toMatchObject({
      rp: { id: 'localhost', name: 'Foyer' },
      user: { name: 'ana.silva' },
      attestation: 'none',
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'required',
      },
      timeout: 300_000,
    })
    expect(options.pubKeyCredParams?.map(({ alg }) => alg)).toEqual([-7, -8, -257])
    expect(options.excludeCredentials?.map(({ id }) => id)).toEqual([phone.id.toString('base64url')])
    expect(Buffer.from(options.challenge, 'base64url')).toHaveLength(32)
    const handle = Buffer.from(options.user?.id ?? '', 'base64url')
    expect(handle).toHaveLength(32)
    const { passkeyHandle } = await db.user.findUniqueOrThrow({ where: { id: user.id } })
    expect(handle.equals(passkeyHandle ?? Buffer.alloc(0))).toBe(true)
    expect((await optionsFor(ana, '/account/passkeys')).user?.id).toBe(options.user?.id)
  })

  test('is listed for programs, renamed, and removed', async () => {
    const { app, ana, db, visitor } = await stage()
    const phone = new SoftwarePasskey()
    await addPasskey(ana, phone)
    await ana.visit('/account/passkeys')
    await ana.click('Rename My phone')
    await ana.fill({ Name: 'x'.repeat(61) }).press('Save name')
    expect(ana.errorAt('Name')).toBe('Make it 60 characters or fewer')
    await ana.fill({ Name: 'Red phone' }).press('Save name')
    expect(ana.text('[role=status]')).toBe('Name changed.')
    const { passkeys } = (await ana.json('GET', '/account/passkeys')).json()
    expect(passkeys).toEqual([
      {
        id: expect.any(String),
        name: 'Red phone',
        synced: false,
        addedAt: expect.stringMatching(/Z$/),
        lastUsedAt: null,
      },
    ])

    await ana.click('Remove Red phone')
    await ana.press('Remove it')
    expect(ana.text('[role=status]')).toBe('Passkey “Red phone” removed.')
    expect(await db.passkey.count()).toBe(0)
    expect((await mailOf(app)).map(({ subject }) => subject)).toEqual([
      'A passkey was added',
      'A passkey was removed',
    ])
    const other = visitor()
    await logInBy(other, phone)
    expect(other.answer.statusCode).toBe(422)
    expect(other.text('#credential-error')).toContain('We don’t know that passkey')
  })
})
