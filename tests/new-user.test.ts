import { describe, expect, test } from 'vitest'
import { linkIn, mailOf } from './support/mailbox.ts'
import { withMail } from './support/mails.ts'
import { addPerson, PASSWORD } from './support/people.ts'

async function stage(env: Record<string, string> = {}) {
  const services = await withMail({ SMTP_URL: 'smtp://127.0.0.1:9', EMAIL: 'required', ...env })
  const { app, db, mira } = services
  await mailOf(app)
  const make = async (values: Record<string, string>) => {
    await mira.visit('/admin/users/new')
    return mira.fill(values).press('Make the account')
  }
  const person = (username: string) => db.user.findUniqueOrThrow({ where: { username } })
  return { ...services, make, person }
}

const LEA = { Username: 'lea.dubois', 'Email address': 'Lea@example.fr' }

describe('an administrator makes an account', () => {
  test('and whoever it is for chooses the password, which confirms the address', async () => {
    const { app, make, mira, person, visitor } = await stage()
    await mira.visit('/admin/users')
    await mira.click('Add a person')
    await make({ ...LEA, 'Name (optional)': 'Léa Dubois', Role: 'support' })
    expect(mira.text('[role=status]')).toBe(
      'Account made for lea.dubois. We’ve sent them a link to choose a password.',
    )
    expect(mira.headline).toBe('Léa Dubois')
    expect(mira.text()).toMatch(/Last seen ?Never/)
    expect(await person('lea.dubois')).toMatchObject({
      ...{ email: 'Lea@example.fr', provenEmailKey: null, passwordHash: '', lastSeenAt: new Date(0) },
      ...{ name: 'Léa Dubois', nameKey: 'léa dubois', role: 'support', status: 'active' },
    })

    const lea = visitor({ ip: '198.51.100.7' })
    await lea.logIn('lea.dubois', '')
    await lea.logIn('lea.dubois')
    expect(lea.answer.statusCode).toBe(422)
    const [mail] = await mailOf(app)
    expect(mail).toMatchObject({ to: 'Lea@example.fr', subject: 'An account was made for you' })
    expect(mail?.text).toContain('for 72 hours')
    await lea.visit(linkIn(mail))
    expect(lea.headline).toBe('Choose your password')
    expect(lea.text()).not.toContain('signed out')
    await lea.fill({ Password: PASSWORD }).press('Save password')
    expect(lea.path).toBe('/login')
    expect(await person('lea.dubois')).toMatchObject({ provenEmailKey: 'lea@example.fr' })
    await lea.logIn('lea@example.fr')
    await lea.visit('/account/activity')
    expect(lea.text()).toContain('Account made by an administrator')
    expect(lea.text()).toContain('Email address confirmed')
    expect(lea.text()).not.toContain('mira')
    // Nor where that one is.
    const { body } = await lea.request('POST', '/account/data', '')
    expect(body).toContain('account-made')
    expect(body).not.toContain('192.0.2.1')
  })

  test('and a mail that was lost is sent again, until the account is in use', async () => {
    const { app, db, make, mira, visitor } = await stage()
    await make(LEA)
    await mailOf(app)
    const { id } = await db.mail.findFirstOrThrow({ where: { kind: 'account-made' } })
    await mira.request('POST', `/admin/mail/${id}/send-again`, {})
    const [again] = await mailOf(app)
    const lea = visitor({ ip: '198.51.100.7' })
    await lea.visit(linkIn(again))
    await lea.fill({ Password: PASSWORD }).press('Save password')
    await mira.request('POST', `/admin/mail/${id}/send-again`, {})
    expect((await mailOf(app)).map(({ subject }) => subject)).toEqual([])
    expect(await db.mail.findUniqueOrThrow({ where: { id } })).toMatchObject({ state: 'withheld' })
  })

  test('and hands the link over where there is no mail, which confirms nothing', async () => {
    const { make, mira, person, visitor } = await stage({ EMAIL: 'off', SMTP_URL: '' })
    expect(() => mira.field('Email address')).toThrow()
    await make({ Username: 'lea.dubois' })
    expect(mira.headline).toBe('Account made for lea.dubois')
    const lea = visitor()
    await lea.visit(linkIn({ text: mira.text('#link') }))
    await lea.fill({ Password: PASSWORD }).press('Save password')
    await lea.logIn('lea.dubois')
    expect(lea.path).toBe('/account')
    expect(await person('lea.dubois')).toMatchObject({ email: null, provenEmailKey: null })
  })

  test('and with an address, by a link that is handed over, that stays to be confirmed', async () => {
    const { db, make, mira, person, visitor } = await stage()
    await make(LEA)
    const { id } = await person('lea.dubois')
    await mira.visit(`/admin/users/${id}/reset-link`)
    await mira.press('Make a reset link')
    const lea = visitor()
    await lea.visit(linkIn({ text: mira.text('#link') }))
    await lea.fill({ Password: PASSWORD }).press('Save password')
    expect(lea.path).toBe('/login')
    expect(await person('lea.dubois')).toMatchObject({ provenEmailKey: null })
    expect(await db.token.count({ where: { userId: id, usedAt: null } })).toBe(0)
  })

  test('unless something is wrong, and then nothing typed is lost', async () => {
    const { db, make, mira } = await stage()
    const before = await db.user.count()
    await make({
      Username: 'x',
      'Email address': 'no address',
      'Name (optional)': 'L'.repeat(101),
      Role: 'admin',
    })
    expect(mira.answer.statusCode).toBe(422)
    expect(mira.errorAt('Username')).toBe('Make it 3 characters or more')
    expect(mira.errorAt('Email address')).toBe('Enter your full email address, like name@example.org')
    expect(mira.errorAt('Name (optional)')).toBe('Make it 100 characters or fewer')
    expect(mira.document.querySelector('option[selected]')?.getAttribute('value')).toBe('admin')
    await make({ ...LEA, 'Email address': 'ANA@example.org' })
    expect(mira.errorAt('Email address')).toBe('That address already belongs to an account')
    await make({ ...LEA, Username: 'ana.silva' })
    expect(mira.errorAt('Username')).toBe('That username is taken. Try another')
    const body = { username: 'lea.dubois', email: '', role: 'owner' }
    expect((await mira.json('POST', '/admin/users/new', body)).json().codes).toEqual({
      email: 'email.missing',
      role: 'role.unknown',
    })
    expect(await db.user.count()).toBe(before)
    expect(await db.mail.count({ where: { kind: 'account-made' } })).toBe(0)
  })

  test('and the address goes to whoever proves it first', async () => {
    const { app, db, make, person, visitor } = await stage()
    await make(LEA)
    const [mail] = await mailOf(app)
    await addPerson(db, 'lea.quick', { email: 'lea@example.fr' })
    const lea = visitor()
    await lea.visit(linkIn(mail))
    await lea.fill({ Password: PASSWORD }).press('Save password')
    expect(lea.answer.statusCode).toBe(409)
    expect(await person('lea.dubois')).toMatchObject({ provenEmailKey: null, passwordHash: '' })
  })
})

test('support makes no accounts', async () => {
  const { db, visitor } = await stage()
  await addPerson(db, 'sue.support', { role: 'support' })
  const sue = visitor()
  await sue.logIn('sue.support')
  await sue.visit('/admin/users')
  expect(sue.text()).not.toContain('Add a person')
  await sue.visit('/admin/users/new')
  expect(sue.answer.statusCode).toBe(403)
})
