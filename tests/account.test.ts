import { describe, expect, test } from 'vitest'
import { startApp } from './support/app.ts'

describe('the account page', () => {
  test('shows what there is: name, username, address, this device', async () => {
    const { visitor } = await startApp()
    const ana = visitor({ ip: '203.0.113.7' })
    await ana.signUp('ana.silva', { email: 'ana@example.org' })
    expect(ana.text()).toContain('ana@example.org To be confirmed')
    expect(ana.text()).toContain('Firefox on Linux')
    expect(ana.text()).toContain('203.0.113.7')
  })

  test('lets a member change their name, in place', async () => {
    const { visitor, db } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await ana.visit('/account/name')
    expect(ana.document.querySelector('details[open]')).not.toBeNull()
    await ana.fill({ Name: 'Ana <b>Silva</b>' }).press('Save name')
    expect(ana.path).toBe('/account')
    expect(ana.text('[role=status]')).toBe('Name changed.')
    expect(ana.text()).toContain('Ana <b>Silva</b>')
    expect(await db.auditEvent.count({ where: { event: 'user.name-changed' } })).toBe(1)
    await ana.visit('/account/name')
    await ana.fill({ Name: '\u200b' }).press('Save name')
    expect((await db.user.findFirstOrThrow()).name).toBeNull()
  })

  test('opens the row again when the name will not do', async () => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await ana.visit('/account/name')
    await ana.fill({ Name: 'x'.repeat(101) }).press('Save name')
    expect(ana.answer.statusCode).toBe(422)
    expect(ana.errorAt('Name')).toBe('Make it 100 characters or fewer')
    expect(ana.document.querySelector('details[open] input[name=name]')).not.toBeNull()
  })

  test('is there as JSON', async () => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    const { status, account } = (await ana.json('GET', '/account')).json()
    expect(status).toBe('success')
    expect(account).toMatchObject({ username: 'ana.silva', name: null, role: 'member', emailProven: false })
    expect(new Date(account.createdAt).toISOString()).toBe(account.createdAt)
  })
})
