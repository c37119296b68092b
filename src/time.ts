export const seconds = (n: number) => n * 1000
export const minutes = (n: number) => seconds(n * 60)
export const hours = (n: number) => minutes(n * 60)
export const days = (n: number) => hours(n * 24)

/** The one clock, in epoch milliseconds. Tests move it with `vi.setSystemTime`. */
export const now = () => Date.now()

/** The instant `ms` from now; negative for the past. */
export const fromNow = (ms: number) => new Date(now() + ms)
