import { describe, expect, test } from 'vitest'
import { crash } from '../support/crash.ts'
import { freshDatabase } from '../support/database.ts'

describe.each(['sqlite', 'postgresql'] as const)('on %s', (provider) => {
  test('killed five times amid sign-ups, it has every account it promised, whole, and no half ones', async () => {
    const { url, remove } = await freshDatabase(provider)
    const { acknowledged, violations } = await crash(url, 5)
    await remove()
    expect(violations).toEqual([])
    expect(acknowledged).toBeGreaterThan(5)
  })
})
