/** foyer.css begins with the same colour. */
const USUAL = '#0d5c63'

type Lch = { l: number; c: number; h: number }

const toLinear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
const toGamma = (part: number) => (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055)

/** OKLCH of an sRGB colour (CSS Color 4 §9.2). */
function readColor(hex: string): Lch {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) =>
    toLinear(Number.parseInt(hex.slice(at, at + 2), 16) / 255),
  )
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s
  const bb = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s
  const lightness = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s
  return { l: lightness, c: Math.hypot(a, bb), h: Math.atan2(bb, a) }
}

function linearOf({ l, c, h }: Lch): number[] {
  const [a, b] = [c * Math.cos(h), c * Math.sin(h)]
  const l3 = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m3 = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s3 = (l - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3,
    -1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3,
    -0.0041960863 * l3 - 0.7034186147 * m3 + 1.707614701 * s3,
  ]
}

/** The nearest colour of that lightness and hue that screens have: with less chroma, if need be. */
function writeColor({ l, c, h }: Lch): string {
  const linear = linearOf({ l, c, h })
  if (linear.some((part) => part < -0.0005 || part > 1.0005)) return writeColor({ l, c: c * 0.97, h })
  const bytes = linear.map((part) => Math.round(toGamma(Math.min(1, Math.max(0, part))) * 255))
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/**
 * What letters are painted with, from the brand's colour: its hue, at a lightness of ours, as foyer.css does it, so
 * that text has a contrast of 7:1 on its ground whatever the brand. Mail programs know no OKLCH, but hex.
 */
export function colorsOf(brand: string = USUAL) {
  const { l, c, h } = readColor(brand)
  const at = (lightness: number, most: number) => writeColor({ l: lightness, c: Math.min(c, most), h })
  return {
    ...{ wall: at(0.31, 0.06), foot: at(0.26, 0.06), onFoot: at(0.975, 0.006) },
    ...{
      ink: at(0.23, 0.03),
      ink2: at(0.41, 0.03),
      well: at(0.955, 0.01),
      action: at(Math.min(l, 0.39), 0.14),
    },
    dark: {
      ...{ wall: at(0.18, 0.016), sheet: at(0.24, 0.02), well: at(0.285, 0.025) },
      ...{
        ink: at(0.95, 0.01),
        ink2: at(0.85, 0.015),
        action: at(Math.max(l, 0.84), 0.09),
        onAction: at(0.2, 0.03),
      },
    },
  }
}
