import { expect, test } from 'vitest'
import { withAdmin } from './support/admins.ts'

test('a member agrees once to each version of the terms, and goes on to where they wanted to', async () => {
  const { mira, visitor, person } = await withAdmin()
  const ana = visitor()
  await ana.signUp('ana.silva')
  await mira.visit('/admin/settings/terms')
  await mira.fill({ Terms: '# Rules\n\nBe kind.' }).press('Publish these terms')
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

  await mira.visit('/admin/settings/terms')
  await mira.fill({ Terms: '# Rules\n\nBe kinder.' }).press('Publish these terms')
  await ana.visit('/account')
  expect(ana.headline).toBe('The terms have changed')
  await ana.press('I agree')
  expect(ana.path).toBe('/account')
  expect((await person('ana.silva')).termsVersion).toBe(2)
})
