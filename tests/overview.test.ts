import { describe, expect, test } from 'vitest'
import { withAdmin } from './support/admins.ts'
import { startApp } from './support/app.ts'

describe('who is not an administrator', () => {
  test('is told so, and may sign in as someone else', async () => {
    const { visitor } = await startApp()
    const ana = visitor()
    await ana.signUp('ana.silva')
    await ana.visit('/admin/users')
    expect(ana.answer.statusCode).toBe(403)
    expect(ana.headline).toBe('You can’t open this page')
    expect(ana.text()).toContain('ana.silva')
    await ana.press('Sign in as someone else')
    expect(ana.path).toBe('/login')
  })
})

describe('the overview', () => {
  test('counts people and shows who came last', async () => {
    const { visitor, mira } = await withAdmin()
    await visitor().signUp('ana.silva')
    await mira.visit('/admin')
    expect(mira.headline).toBe('Overview')
    expect(mira.text('.stats')).toMatch(/People\s*2/)
    expect(mira.text('[aria-labelledby=latest]')).toContain('ana.silva')
  })
})
