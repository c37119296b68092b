import { expect, test } from 'vitest'
import { withAdmin } from './support/admins.ts'

test('an administrator names the service, and every page says so at once', async () => {
  const { mira } = await withAdmin()
  await mira.visit('/admin/settings')
  await mira.click('Change: Name and colours')
  await mira.fill({ Name: 'Acme', 'Brand colour': '#7C2D12' }).press('Save')
  expect(mira.text('[role=status]')).toBe('Settings saved.')
  expect(mira.text()).toContain('Acme')
  expect(mira.document.title).toBe('Settings – Admin – Acme')
})
