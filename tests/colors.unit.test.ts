import { expect, test } from 'vitest'
import { colorsOf } from '../src/mail/colors.ts'

/** WCAG 2.2: the contrast of two colours. */
function contrast(one: string, other: string): number {
  const luminance = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

const STEPS = ['00', '33', '66', '99', 'cc', 'ff']
const brands = STEPS.flatMap((r) => STEPS.flatMap((g) => STEPS.map((b) => `#${r}${g}${b}`)))

test('a letter is readable in every brand’s colour, by day and by night', () => {
  for (const brand of brands) {
    const { dark, ...light } = colorsOf(brand)
    const pairs = [
      ...[light.ink, light.ink2, light.action].map((ink) => [ink, '#ffffff']),
      ...[
        [light.ink, light.well],
        [light.onFoot, light.foot],
        [dark.ink, dark.sheet],
        [dark.ink2, dark.sheet],
        [dark.ink, dark.well],
        [dark.action, dark.sheet],
        [dark.onAction, dark.action],
      ],
    ]
    for (const [ink = '', ground = ''] of pairs)
      expect(contrast(ink, ground), `${brand}: ${ink} on ${ground}`).toBeGreaterThanOrEqual(7)
  }
})

test('without a colour a letter is that of foyer.css', () => {
  expect(colorsOf()).toEqual(colorsOf('#0d5c63'))
  expect(colorsOf().wall).toBe('#00383d')
})

test('a colour keeps its hue', () => {
  const { action } = colorsOf('#7c2d12')
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(action.slice(at, at + 2), 16))
  expect(r).toBeGreaterThan(2 * g)
  expect(g).toBeGreaterThan(b)
})
