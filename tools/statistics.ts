/** The middle of some figures; of an even number of them, the upper one. */
export const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/**
 * How likely two samples of one distribution differ as much as these do, by the Mann-Whitney U test (two-sided,
 * normal approximation, with the correction for ties).
 */
export function mannWhitney(first: number[], second: number[]): number {
  const all = [
    ...first.map((value) => ({ value, first: true })),
    ...second.map((value) => ({ value, first: false })),
  ]
  all.sort((a, b) => a.value - b.value)
  let rankSum = 0
  let ties = 0
  for (let start = 0, end = 0; start < all.length; start = end) {
    while (all[end]?.value === all[start]?.value && end < all.length) end++
    const size = end - start
    ties += size ** 3 - size
    rankSum += all.slice(start, end).filter((one) => one.first).length * ((start + 1 + end) / 2)
  }
  const [n, m, total] = [first.length, second.length, all.length]
  const u = rankSum - (n * (n + 1)) / 2
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))))
  return deviation === 0 ? 1 : 2 * (1 - normal(Math.abs(u - (n * m) / 2) / deviation))
}

/** The standard normal distribution function (Abramowitz and Stegun 26.2.17, error below 1e-7). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429]
  return 1 - density * series.reduce((sum, weight, power) => sum + weight * t ** (power + 1), 0)
}
