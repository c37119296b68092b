const DIGITS = 'lo23456789'

/**
 * The skeletons one slip away from this one: a letter left out, doubled or swapped with its neighbour, another sign
 * between two words, a digit behind (0 and 1 are o and l by then). Whether there are such accounts is one look into the
 * index. Letters that look alike share a skeleton, so those never came this far.
 */
export function nearbySkeletons(skeleton: string): string[] {
  const letters = Array.from(skeleton)
  const put = (at: number, remove: number, ...instead: string[]) =>
    letters.toSpliced(at, remove, ...instead).join('')
  const found = new Set<string>()
  letters.forEach((letter, i) => {
    const next = letters[i + 1]
    found.add(put(i, 1)).add(put(i, 0, letter))
    if (next) found.add(put(i, 2, next, letter))
    if (/[._-]/.test(letter)) for (const sign of '._-') found.add(put(i, 1, sign))
  })
  for (const digit of DIGITS) found.add(skeleton + digit)
  found.delete(skeleton)
  return [...found]
}
