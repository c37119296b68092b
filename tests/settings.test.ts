import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openSecretKeys } from '../src/accounts/secret-key.ts'
import { openServices } from '../src/accounts/services.ts'
import { watchSettings } from '../src/accounts/settings.ts'
import { buildApp } from '../src/app.ts'
import { withAdmin } from './support/admins.ts'
import { startApp } from './support/app.ts'
import { SECRET_KEY } from './support/database.ts'
import { mailOf } from './support/mailbox.ts'
import { PATIENCE } from './support/patience.ts'
import { addPerson } from './support/people.ts'
import { purge } from './support/purge.ts'
import { Visitor } from './support/visitor.ts'

const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M1 1h6v6z"/></svg>'

describe('the brand', () => {
  test('is on every page at once, in a style sheet of its own, and taken back when it is emptied', async () => {
    const { mira, visitor, config } = await withAdmin()
    await mira.visit('/admin/settings')
    await mira.click('Change: Name and colours')
    await mira.fill({ Name: 'Acme <b>&', 'Brand colour': '#7C2D12' }).press('Save')
    expect(mira.text('[role=status]')).toBe('Settings saved.')
    expect(mira.document.title).toBe('Settings – Admin – Acme <b>&')
    expect(mira.answer.body).not.toContain('Acme <b>')
    expect(config.mail.from.name).toBe('Acme <b>&')

    const ana = visitor()
    await ana.visit('/register')
    const sheets = [...ana.document.querySelectorAll('link[rel=stylesheet]')]
    const sheet = sheets.at(-1)?.getAttribute('href') ?? ''
    const { headers, body } = await ana.request('GET', sheet)
    expect([headers['content-type'], headers['cache-control']]).toEqual([
      'text/css; charset=utf-8',
      'public, max-age=31536000, immutable',
    ])
    expect(body).toBe(':root { --brand: #7c2d12 }\n')
    expect((await ana.request('GET', '/brand/theme.css?v=old')).headers['cache-control']).toBe('no-store')

    await mira.visit('/admin/settings/brand')
    await mira.fill({ Name: '', 'Brand colour': '' }).press('Save')
    await ana.visit('/register')
    expect(ana.document.title).toBe('Create your account – Foyer')
    expect(ana.document.querySelectorAll('link[rel=stylesheet]')).toHaveLength(1)
    expect((await ana.request('GET', '/brand/theme.css')).statusCode).toBe(404)
  })

  test('is in mails too', async () => {
    const { app, mira, visitor } = await withAdmin({ EMAIL: 'optional' })
    await mira.visit('/admin/settings/brand')
    await mira.fill({ Name: 'Acme', 'Brand colour': '#7c2d12' }).press('Save')
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    await ana.visit('/account')
    await ana.press('Send me a link to confirm it')
    const [mail] = await mailOf(app)
    expect(mail?.text).toContain('-- \nAcme, localhost:3000')
    expect(mail?.html).not.toContain('#014f55')
  })

  test('may have a logo, which can do nothing but be drawn', async () => {
    const { mira } = await withAdmin()
    await mira.visit('/admin/settings/logo')
    await mira.fill({ 'Logo, as SVG': LOGO.replace('<path', '<script>alert(1)</script><path') }).press('Save')
    expect(mira.errorAt('Logo, as SVG')).toBe(
      'Leave “script” out. A logo is made of shapes, groups and gradients',
    )
    await mira.fill({ 'Logo, as SVG': LOGO.replace('d=', 'class="x" d=') }).press('Save')
    expect(mira.text('[role=status]')).toBe('Settings saved.')
    const icon = mira.document.querySelector('link[rel=icon]')?.getAttribute('href') ?? ''
    const { headers, body } = await mira.request('GET', icon)
    expect([headers['content-type'], headers['content-security-policy'], body]).toEqual([
      'image/svg+xml',
      "default-src 'none'; frame-ancestors 'none'; sandbox",
      LOGO,
    ])
    const { body: css } = await mira.request('GET', '/brand/theme.css')
    expect(css).toBe(`:root { --logo: url("${icon}"); --mark: hidden }\n`)
  })
})

describe('what the environment says', () => {
  test('is shown as fixed, and can’t be set', async () => {
    const { mira, db } = await withAdmin({ BRAND_NAME: 'Acme', PRIVACY_URL: 'https://example.org/p' })
    await mira.visit('/admin/settings/privacy')
    expect(mira.text('#r-privacy .badge')).toBe('Environment')
    expect(mira.text('#r-privacy')).not.toContain('Save')
    await mira.visit('/admin/settings')
    expect(mira.text()).toContain('Change: Terms')
    expect(mira.text()).not.toContain('Change: Privacy notice')
    await mira.visit('/admin/settings/brand')
    expect(mira.text('#r-brand .badge')).toBe('Partly environment')
    expect(mira.field('Name').hasAttribute('disabled')).toBe(true)
    expect(mira.text('#brand_name-hint')).toBe('Set by BRAND_NAME in the environment.')
    await mira.fill({ 'Second colour': '#ffcc00' }).press('Save')
    expect(mira.text('[role=status]')).toBe('Settings saved.')
    expect(mira.document.title).toBe('Settings – Admin – Acme')
    for (const [path, body] of [
      ['brand', { brand_name: 'Other' }],
      ['privacy', { privacy: 'Ours' }],
    ] as const) {
      const answer = await mira.json('POST', `/admin/settings/${path}`, body)
      expect([answer.statusCode, Object.values(answer.json().codes)]).toEqual([422, ['setting.fixed']])
    }
    expect((await db.setting.findMany()).map(({ name }) => name)).toEqual(['LAMP_COLOR'])
    const shown = (await mira.json('GET', '/admin/settings')).json().settings
    expect(shown).toMatchObject({
      BRAND_NAME: { text: 'Acme', from: 'environment', changedAt: null },
      LAMP_COLOR: { text: '#ffcc00', from: 'setting', changedAt: expect.any(String) },
      SIGN_UP: { text: 'open', from: 'default', changedAt: null },
    })
  })
})

describe('a setting', () => {
  test('that another process changes holds here within seconds, and on the command line', async () => {
    const { mira, db, config } = await withAdmin()
    const env = { LOG_LEVEL: 'silent', SECRET_KEY, DATABASE_URL: config.databaseUrl }
    const other = await openServices(env, { create: false })
    const app = await buildApp({ ...other, secretKeys: openSecretKeys(other.config) })
    const stop = watchSettings(other, app.log)
    onTestFinished(async () => {
      await stop()
      await app.close()
      await other.db.$disconnect()
    })
    const ana = new Visitor(app)
    await ana.visit('/register')
    expect(ana.headline).toBe('Create your account')
    await mira.visit('/admin/settings/sign-up')
    await mira.fill({ 'Who may sign up': 'closed' }).press('Save')
    await vi.waitFor(
      async () => {
        await ana.visit('/register')
        expect(ana.headline).toBe('Sign-up is closed')
      },
      { ...PATIENCE, interval: 200 },
    )
    const command = await openServices(env, { create: false })
    expect(command.config.signUp).toBe('closed')
    await command.db.$disconnect()
    expect(await db.setting.count()).toBe(1)
  })

  test('closes sign-up also to who has the form open, and opens it again', async () => {
    const { mira, visitor, db } = await withAdmin()
    const ana = visitor()
    await ana.visit('/register')
    ana.fill({ Username: 'ana.silva', Password: 'correct-horse-battery' })
    await mira.visit('/admin/settings/sign-up')
    await mira.fill({ 'Who may sign up': 'closed' }).press('Save')
    await ana.press('Create account')
    expect([ana.answer.statusCode, ana.headline]).toEqual([405, 'Sign-up is closed'])
    expect(await db.user.count()).toBe(1)
    await mira.visit('/admin/settings/sign-up')
    await mira.fill({ 'Who may sign up': 'open' }).press('Save')
    await ana.signUp('ana.silva')
    expect(ana.path).toBe('/account')
  })

  test('that somebody else has changed meanwhile isn’t overwritten unseen', async () => {
    const { mira, db, visitor } = await withAdmin()
    const ada = visitor()
    ada.cookies.set('foyer-session', (await addPerson(db, 'ada.admin', { role: 'admin' })).token)
    await ada.visit('/admin/settings/brand')
    await mira.visit('/admin/settings/brand')
    await mira.fill({ Name: 'Acme' }).press('Save')
    await ada.fill({ Name: 'Apex', 'Brand colour': 'red' }).press('Save')
    expect(ada.answer.statusCode).toBe(422)
    expect(ada.errorAt('Name')).toBe(
      'Somebody else has changed this meanwhile. Look at what holds now, then save again',
    )
    expect(ada.text('summary')).toContain('Acme')
    expect(ada.field('Name').getAttribute('value')).toBe('Apex')
    await ada.press('Save')
    expect(ada.errorAt('Brand colour')).toBe('Use a colour like #0d5c63')
    await ada.fill({ 'Brand colour': '' }).press('Save')
    expect(ada.document.title).toBe('Settings – Admin – Apex')
    const events = await db.auditEvent.findMany({
      where: { event: 'setting.changed' },
      orderBy: { id: 'asc' },
    })
    expect(events.map(({ detail }) => detail)).toEqual([
      { setting: 'BRAND_NAME', from: 'Foyer (default)', to: 'Acme' },
      { setting: 'BRAND_NAME', from: 'Acme', to: 'Apex' },
    ])
  })

  test('that a program leaves out stays, and one that it sends empty is taken back', async () => {
    const { mira, db } = await withAdmin()
    const set = (section: string, body: object) => mira.json('POST', `/admin/settings/${section}`, body)
    const stored = async () => (await db.setting.findMany()).map(({ name, value }) => [name, value])
    await set('retention', { keep_mails_days: 7, keep_audit_days: 400 })
    await set('retention', { keep_mails_days: 8 })
    expect(new Map((await stored()) as [string, string][])).toEqual(
      new Map([
        ['KEEP_MAILS_DAYS', '8'],
        ['KEEP_AUDIT_DAYS', '400'],
      ]),
    )
    await set('retention', { keep_audit_days: '' })
    expect(await stored()).toEqual([['KEEP_MAILS_DAYS', '8']])
    await mira.visit('/admin/audit?action=setting.changed')
    expect(mira.text('tbody tr')).toContain('Setting changed: KEEP_AUDIT_DAYS from 400 to 730 (default)')
    await set('terms', { terms: 'Be kind.' })
    await set('terms', {})
    expect((await mira.json('GET', '/terms')).json().text).toBe('Be kind.')
  })

  test('that another version wrote and this one doesn’t take, is shown as what holds', async () => {
    const { mira, db } = await withAdmin()
    await db.setting.create({ data: { name: 'KEEP_MAILS_DAYS', value: '1', updatedAt: new Date() } })
    const { settings } = (await mira.json('GET', '/admin/settings')).json()
    expect(settings.KEEP_MAILS_DAYS).toEqual({ text: '30', from: 'default', changedAt: null })
  })

  test('is an administrator’s to change, who has just proven who they are', async () => {
    const { app, db, visitor } = await startApp()
    for (const role of ['support', 'admin'] as const) {
      const who = visitor()
      who.cookies.set('foyer-session', (await addPerson(db, `${role}.one`, { role })).token)
      await db.session.updateMany({ data: { provenAt: role === 'admin' ? null : new Date() } })
      await who.request('POST', '/admin/settings/sign-up', { sign_up: 'closed' })
      expect([who.answer.statusCode, who.headline], role).toEqual([
        403,
        role === 'support' ? 'You can’t open this page' : 'Confirm it’s you',
      ])
      if (role === 'support') {
        await who.visit('/admin')
        expect(who.text('.tabs')).not.toContain('Settings')
        expect((await who.json('GET', '/admin/settings')).statusCode).toBe(403)
      }
    }
    expect([await db.setting.count(), app.config.signUp]).toEqual([0, 'open'])
  })

  test('of domains holds for the next sign-up, where addresses must be confirmed', async () => {
    const { mira } = await withAdmin()
    await mira.visit('/admin/settings/domains')
    await mira.fill({ 'Only these domains': 'example.org' }).press('Save')
    expect(mira.errorAt('Only these domains')).toBe(
      'Only where addresses must be confirmed (EMAIL=required) can this be set',
    )
    const { app, db, visitor } = await startApp({ EMAIL: 'required' })
    const ada = visitor()
    ada.cookies.set('foyer-session', (await addPerson(db, 'ada.admin', { role: 'admin' })).token)
    await ada.visit('/admin/settings/domains')
    await ada.fill({ 'Only these domains': 'Example.org, example.com' }).press('Save')
    expect(app.config.emailDomains.allowed).toEqual(['example.org', 'example.com'])
    const ana = visitor()
    await ana.signUp('ana.silva', { email: 'ana@example.net' })
    expect(ana.errorAt('Email address')).toBe('Use an address ending in example.org, example.com')
    await ana.signUp('ana.silva', { email: 'ana@example.com' })
    expect(ana.path).toBe('/register/check-email')
  })

  test('of periods holds from the next purge, and for accounts that close from now on', async () => {
    const { app, db, mira, visitor } = await withAdmin()
    const fiveDaysAgo = new Date(Date.now() - 5 * 86_400_000)
    const old = { kind: 'password-changed', address: 'a@example.org', facts: {}, dueAt: fiveDaysAgo }
    await db.mail.create({ data: { ...old, state: 'sent' } })
    await purge(db, app.config)
    expect(await db.mail.count()).toBe(1)
    await mira.visit('/admin/settings/retention')
    await mira
      .fill({ 'Mails in the outbox, in days': '4', 'Accounts that are closed, in days': '1' })
      .press('Save')
    await purge(db, app.config)
    expect(await db.mail.count()).toBe(0)
    const ana = visitor()
    await ana.signUp('ana.silva')
    await ana.visit('/account/delete')
    expect(ana.text()).toContain('your data is erased after 1 day.')
    await ana.press('Delete my account')
    const { closesAt } = await db.user.findUniqueOrThrow({ where: { username: 'ana.silva' } })
    expect(Math.abs(Number(closesAt) - Date.now() - 86_400_000)).toBeLessThan(60_000)
  })
})
