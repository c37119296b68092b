import { describe, expect, test } from 'vitest'
import { withAdmin } from './support/admins.ts'
import { startApp } from './support/app.ts'
import type { Visitor } from './support/visitor.ts'

const PASSWORD = 'correct-horse-battery'

async function publish(admin: Visitor, terms: string) {
  await admin.visit('/admin/settings/terms')
  await admin.fill({ Terms: terms }).press('Publish these terms')
}

describe('a member', () => {
  test('agrees once to each version, and goes on to where they wanted to', async () => {
    const { mira, visitor, person } = await withAdmin()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await publish(mira, '# Rules\n\nBe kind.')
    expect(mira.text('[role=status]')).toContain('These terms hold from now on')

    await ana.visit('/account/name')
    expect([ana.path, ana.headline]).toEqual(['/account/terms?return_to=%2Faccount%2Fname', 'Our terms'])
    expect(ana.text('h2')).toBe('Rules')
    await ana.press('I agree')
    expect([ana.path, ana.text('[role=status]')]).toEqual([
      '/account/name',
      'Thank you. You have agreed to the terms.',
    ])
    await ana.visit('/account/activity')
    expect(ana.text()).toContain('Agreed to the terms: version 1')

    await publish(mira, '# Rules\n\nBe kinder.')
    await ana.visit('/account')
    expect(ana.headline).toBe('The terms have changed')
    await ana.click('version 1')
    expect([ana.headline, ana.text('main')]).toEqual([
      'Terms, version 1',
      expect.stringContaining('Be kind.'),
    ])
    await ana.visit('/account')
    await ana.press('I agree')
    expect(ana.path).toBe('/account')
    const { id, termsVersion } = await person('ana.silva')
    expect(termsVersion).toBe(2)
    await mira.visit(`/admin/users/${id}`)
    await mira.click('Terms, version 2')
    expect(mira.text('main')).toContain('Be kinder.')
    await mira.visit('/admin/settings/terms')
    await mira.click('version 1')
    expect(mira.text('main')).toContain('Be kind.')
    expect((await mira.json('GET', '/admin/settings')).json().terms.earlier).toMatchObject([{ version: 1 }])
    expect((await ana.json('GET', '/terms?version=1')).json()).toMatchObject({ version: 1 })
    for (const version of ['3', '0'])
      expect((await ana.request('GET', `/terms?version=${version}`)).statusCode).toBe(404)
    expect((await ana.request('GET', '/terms?version=x')).statusCode).toBe(400)
  })

  test('agrees to what they were shown, not to what has come since', async () => {
    const { mira, visitor, person } = await withAdmin()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await publish(mira, 'Be kind.')
    await ana.visit('/account')
    await publish(mira, 'Give us everything.')
    await ana.press('I agree')
    expect(ana.answer.statusCode).toBe(422)
    expect(ana.text()).toContain('The terms have changed meanwhile. Read them, then agree')
    expect(ana.text()).toContain('Give us everything.')
    expect((await person('ana.silva')).termsVersion).toBeNull()
  })

  test('who does not agree can take their data, delete their account or sign out, and nothing else', async () => {
    const { mira, visitor, person } = await withAdmin()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await publish(mira, 'Be kind.')
    for (const path of ['/account', '/account/activity', '/account/password/remove'])
      expect((await ana.json('GET', path)).statusCode, path).toBe(403)
    expect((await ana.json('POST', '/account/name', { name: 'A' })).statusCode).toBe(403)
    await ana.visit('/account')
    await ana.click('take your data')
    expect(ana.path).toBe('/account/data')
    await ana.visit('/account')
    await ana.click('delete your account')
    await ana.press('Delete my account')
    expect((await person('ana.silva')).status).toBe('closing')
    const ben = visitor()
    await publish(mira, '')
    await ben.signUp('ben.okri')
    await publish(mira, 'Be kind again.')
    await ben.visit('/account')
    await ben.press('Sign out')
    expect(ben.path).toBe('/login')
  })

  test('is told by JSON what to do', async () => {
    const { mira, visitor } = await withAdmin()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await publish(mira, 'Be kind.')
    const refused = await ana.json('GET', '/account')
    expect([refused.statusCode, refused.json().message]).toEqual([
      403,
      'Agree to the terms first: read them at /terms, then post to /account/terms.',
    ])
    const terms = (await ana.json('GET', '/terms')).json()
    expect(terms).toEqual({ status: 'success', version: 1, text: 'Be kind.' })
    const wrong = await ana.json('POST', '/account/terms', { version: '7' })
    expect(wrong.json().codes).toEqual({ version: 'terms.changed' })
    expect((await ana.json('POST', '/account/terms', { version: '1' })).statusCode).toBe(200)
    expect((await ana.json('GET', '/account')).statusCode).toBe(200)
  })

  test('who presses twice agrees once', async () => {
    const { mira, visitor, db, person } = await withAdmin()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await publish(mira, 'Be kind.')
    const posts = Array.from({ length: 4 }, () => ana.json('POST', '/account/terms', { version: '1' }))
    for (const { statusCode } of await Promise.all(posts)) expect(statusCode).toBe(200)
    expect((await person('ana.silva')).termsVersion).toBe(1)
    expect(await db.auditEvent.count({ where: { event: 'terms.agreed' } })).toBe(1)
  })

  test('is asked no more once there are none, and not again for the same', async () => {
    const { mira, visitor } = await withAdmin()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await publish(mira, 'Be kind.')
    await publish(mira, 'Be kind.')
    expect(mira.text('[role=status]')).toBe('Nothing was changed, so nobody is asked to agree again.')
    await publish(mira, '')
    expect(mira.text('[role=status]')).toBe('There are no terms any more. Nobody is asked to agree.')
    await ana.visit('/account')
    expect(ana.path).toBe('/account')
  })

  test('who published them has agreed, and whoever else administers is asked', async () => {
    const { mira, visitor, db } = await withAdmin()
    const ada = visitor()
    await ada.signUp('ada.admin')
    await db.user.update({ where: { username: 'ada.admin' }, data: { role: 'admin' } })
    await publish(mira, 'Be kind.')
    expect(mira.path).toBe('/admin/settings')
    await ada.visit('/admin/users')
    expect(ada.path).toBe('/account/terms?return_to=%2Fadmin%2Fusers')
  })
})

describe('whoever signs up', () => {
  test('ticks that they agree, and which version that was is kept', async () => {
    const { mira, visitor, person } = await withAdmin()
    await publish(mira, 'Be kind.')
    await publish(mira, 'Be kinder.')
    const ana = visitor()
    await ana.signUp('ana.silva')
    expect(ana.answer.statusCode).toBe(422)
    expect(ana.errorAt('I agree to the terms')).toBe('Agree to the terms to go on')
    await ana.fill({ Password: PASSWORD, 'I agree to the terms': '1' }).press('Create account')
    expect(ana.errorAt('I agree to the terms')).toBe(
      'The terms have changed meanwhile. Read them, then agree',
    )
    await ana.fill({ Password: PASSWORD, 'I agree to the terms': '2' }).press('Create account')
    expect(ana.path).toBe('/account')
    expect((await person('ana.silva')).termsVersion).toBe(2)
  })

  test('says so by JSON too, beside everything else that is wrong', async () => {
    const { mira, visitor } = await withAdmin()
    await publish(mira, 'Be kind.')
    const answer = await visitor().json('POST', '/register', { username: '', password: PASSWORD })
    expect(answer.json().codes).toEqual({ username: 'username.missing', terms: 'terms.missing' })
    const body = { username: 'ana.silva', password: PASSWORD, terms: '1' }
    expect((await visitor().json('POST', '/register', body)).statusCode).toBe(201)
  })

  test('is asked nothing where there are no terms, or where the environment links to them', async () => {
    const { mira, visitor, db } = await withAdmin({ TERMS_URL: 'https://example.org/terms' })
    await mira.visit('/admin/settings/terms')
    expect(mira.field('Terms').hasAttribute('disabled')).toBe(true)
    const refused = await mira.json('POST', '/admin/settings/terms', { terms: 'Be kind.' })
    expect(refused.json().codes).toEqual({ terms: 'setting.fixed' })
    await db.terms.create({ data: { version: 1, text: 'Be kind.', createdAt: new Date() } })
    await mira.json('POST', '/admin/settings/terms', { terms: '' })
    expect(await db.terms.count()).toBe(1)
    const ana = visitor()
    await ana.signUp('ana.silva')
    expect(ana.path).toBe('/account')
    expect((await ana.request('GET', '/terms')).statusCode).toBe(404)
  })
})

test('the terms and the privacy notice are public, as text', async () => {
  const { mira, visitor } = await withAdmin()
  const ana = visitor()
  expect((await ana.request('GET', '/privacy')).statusCode).toBe(404)
  await mira.visit('/admin/settings/privacy')
  await mira
    .fill({
      'Privacy notice':
        '# What we keep\n\n- Little\n- <script>alert(1)</script>\n\nAsk at https://example.org/?a=1&b=2.',
    })
    .press('Save')
  await ana.visit('/register')
  expect(ana.text('footer')).toBe('Privacy')
  await ana.click('Privacy')
  expect(ana.headline).toBe('Privacy')
  expect([...ana.document.querySelectorAll('main li')].map((item) => item.textContent)).toEqual([
    'Little',
    '<script>alert(1)</script>',
  ])
  expect(ana.document.querySelector('main p a')?.getAttribute('href')).toBe('https://example.org/?a=1&b=2')
  expect(ana.answer.body).not.toContain('<script>alert')

  await publish(mira, '# Terms\n\nBe kind.\n\n# Terms\n\nMore.')
  await ana.visit('/terms')
  expect(ana.text()).toBe('Terms Be kind. Terms More.')
})

test('a new app asks nobody', async () => {
  const { visitor } = await startApp()
  const ana = visitor()
  await ana.signUp('ana.silva')
  await ana.visit('/account/terms')
  expect(ana.text()).toContain('There are none.')
})
