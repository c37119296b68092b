import { expect, test } from 'vitest'
import { barChart } from '../src/features/overview/chart.ts'
import fc from './support/fast-check.ts'

const day = fc
  .nat({ max: 2_000_000 })
  .chain((signUps) =>
    fc.nat({ max: signUps }).map((confirmed) => ({ day: '2026-11-23', signUps, confirmed })),
  )

test('every bar is within the chart, on a scale of two to four steps that ends in 0', () => {
  fc.assert(
    fc.property(fc.array(day, { minLength: 1, maxLength: 60 }), (days) => {
      const { confirmed, unconfirmed, scale } = barChart(days)
      const heights = [...`${confirmed}${unconfirmed}`.matchAll(/[V ](-?[\d.]+)/g)].map(([, y]) => Number(y))
      for (const y of heights) {
        expect(y).toBeGreaterThanOrEqual(0)
        expect(y).toBeLessThanOrEqual(100)
      }
      expect(scale.length).toBeGreaterThanOrEqual(3)
      expect(scale.length).toBeLessThanOrEqual(5)
      expect(scale.at(-1)).toBe(0)
      expect(scale.every(Number.isInteger)).toBe(true)
      expect(scale[0]).toBeGreaterThanOrEqual(Math.max(...days.map(({ signUps }) => signUps)))
    }),
  )
})

test('a day of twice as many has a bar of twice the height', () => {
  const days = [40, 20].map((signUps) => ({ day: '2026-11-23', signUps, confirmed: signUps }))
  expect(barChart(days).confirmed).toBe('M21 100V0h108V100ZM171 100V50h108V100Z')
})
