/** How many milliseconds a processor needs for this, at best of a few tries, whatever else the machine does. */
export function cpuTime(work: () => void, tries = 3): number {
  const times = Array.from({ length: tries }, () => {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...times)
}
