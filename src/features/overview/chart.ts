type Day = { day: string; signUps: number; confirmed: number }

/** The width and height that the paths are drawn in. */
const WIDTH = 300
const HEIGHT = 100

/**
 * The bars of a chart as the paths of an SVG: those who confirmed their address, and on top of them those who
 * didn't yet. `max` is the number at the top of the scale.
 */
export function barChart(days: Day[]) {
  const { step, max } = scale(Math.max(...days.map(({ signUps }) => signUps)))
  const width = WIDTH / days.length
  const y = (count: number) => round(HEIGHT - (HEIGHT * count) / max)
  const bar = (index: number, from: number, to: number) => {
    const left = round((index + 0.14) * width)
    return from === to ? '' : `M${left} ${y(from)}V${y(to)}h${round(width * 0.72)}V${y(from)}Z`
  }
  return {
    confirmed: days.map(({ confirmed }, index) => bar(index, 0, confirmed)).join(''),
    unconfirmed: days.map(({ confirmed, signUps }, index) => bar(index, confirmed, signUps)).join(''),
    grid: ticks(step, max)
      .map((count) => `M0 ${y(count)}h${WIDTH}`)
      .join(''),
    scale: ticks(step, max),
  }
}

const round = (n: number) => Math.round(n * 10) / 10

/** From the top of the scale down to 0. */
const ticks = (step: number, max: number) =>
  Array.from({ length: max / step + 1 }, (_, index) => max - index * step)

/** A step of 1, 2 or 5 and zeros, so that two to four of them reach over the highest bar. */
function scale(highest: number) {
  const least = Math.max(highest, 2) / 4
  const power = 10 ** Math.floor(Math.log10(least))
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= least) ?? 1)
  return { step, max: Math.ceil(Math.max(highest, 2) / step) * step }
}
