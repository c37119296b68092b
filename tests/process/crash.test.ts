import { describe, expect, test } from 'vitest'
import { crash } from '../support/crash.ts'
import { freshDatabase } from '../support/database.ts'

describe.each(['sqlite', 'postgresql'] as const)('on %s', (provider) => {
  test('killed ten times amid sign-ups, it has every account it promised, whole, and no half ones', async () => {
    const { url, remove } = await freshDatabase(provider)
    const { acknowledged, violations } = await crash(url, 10)
    await remove()
    expect(violations).toEqual([])
    expect(acknowledged).toBeGreaterThan(10)
  }, 60_000)
})
