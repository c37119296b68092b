import { setTimeout as sleep } from 'node:timers/promises'

/** Where a turn that failed is told of. */
export type Log = { error: (error: unknown) => void }

/**
 * Does something over and over, and waits in between for as long as it answers, in ms. It has to catch what it throws.
 * Answers how to stop it, which waits for the turn it is at.
 */
export function repeat(turn: (signal: AbortSignal) => Promise<number>): () => Promise<void> {
  const stopping = new AbortController()
  const { signal } = stopping
  const running = (async () => {
    while (!signal.aborted) {
      const wait = await turn(signal)
      // Ends early only when stopped.
      if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => {})
    }
  })()
  return async () => {
    stopping.abort()
    await running
  }
}
