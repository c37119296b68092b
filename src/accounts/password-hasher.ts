import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, getPriority, setPriority } from 'node:os'
import argon2 from 'argon2'
import { Refusal } from '../errors.ts'

/** argon2id's parameters: memory in KiB, passes over it, lanes. */
type HashingCost = { memoryCost: number; timeCost: number; parallelism: number }

export type PasswordHasher = Awaited<ReturnType<typeof createPasswordHasher>>

const QUEUE_SECONDS = 2

// The PHC string of argon2id 1.3 with a salt and a hash of 16 bytes or more; the reference
// implementation writes p after t, others before.
const PHC =
  /^\$argon2id\$v=19\$(m=\d+,t=\d+,p=\d+|m=\d+,p=\d+,t=\d+)\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{22,}$/

/**
 * Hashes and verifies prepared passwords with argon2id (ASVS 5.0 11.4.2), a few at a time and at most
 * about two seconds of them waiting: beyond that hash and verify throw Refusal 503 and do no work.
 */
export async function createPasswordHasher(cost: HashingCost) {
  const hashOfNobody = await argon2.hash(randomBytes(32), cost)
  // After the first, which also starts the threads; the best of three, as a machine that starts is busy with more.
  let secondsPerHash = Number.POSITIVE_INFINITY
  for (let n = 0; n < 3; n++) {
    const startedAt = performance.now()
    await argon2.verify(hashOfNobody, '')
    secondsPerHash = Math.min(secondsPerHash, (performance.now() - startedAt) / 1000)
  }
  letPagesGoFirst()

  // One more than the cores keeps them busy between hashes; libuv's threads are the most there can be.
  const cores = availableParallelism()
  const width = Math.max(1, Math.min(cores + 1, Number(process.env.UV_THREADPOOL_SIZE) || 4))
  const queue = new HashingQueue(width, Math.ceil((QUEUE_SECONDS * Math.min(width, cores)) / secondsPerHash))
  const counts = { hashes: 0, verifications: 0 }

  const hash = (password: string): Promise<string> =>
    queue.run(() => {
      counts.hashes++
      return argon2.hash(password, cost)
    })

  /** A stored hash that cannot be read matches nothing, in the same time. */
  const verify = (stored: string, password: string): Promise<boolean> =>
    queue.run(() => {
      counts.verifications++
      return argon2.verify(parametersOf(stored) ? stored : hashOfNobody, password)
    })

  return {
    hash,
    verify,
    /** For an account that does not exist: false, after the work of a verification (ASVS 5.0 6.3.8). */
    verifyNobody: (password: string): Promise<boolean> => verify(hashOfNobody, password),
    /** Whether the hash was made by weaker parameters than today's, or in another way. */
    needsRehash: (stored: string): boolean => {
      const made = parametersOf(stored)
      return !made || made.m < cost.memoryCost || made.t < cost.timeCost || made.p < cost.parallelism
    },
    /** Work done so far, and how it stands: what tests and gauges read. */
    counts,
    width,
    get running() {
      return queue.running
    },
    get queueLength() {
      return queue.length
    },
    /** The most that have waited at once since it was asked last. */
    takeLongestQueue() {
      const { longest } = queue
      queue.longest = queue.length
      return longest
    },
  }
}

/** First come, first served: `width` at once, `depth` waiting, and the next is turned away. */
class HashingQueue {
  running = 0
  longest = 0
  readonly #waiting: (() => void)[] = []
  readonly #width: number
  readonly #depth: number

  constructor(width: number, depth: number) {
    this.#width = width
    this.#depth = depth
  }

  get length() {
    return this.#waiting.length
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running < this.#width) this.running++
    else await this.#turn()
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.running--
    }
  }

  /** Settles when one that is running hands its place on. */
  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#depth)
      throw new Refusal(
        503,
        'More people are arriving than we can welcome at once. Nothing was saved. ' +
          `Please wait about ${QUEUE_SECONDS} seconds, then try again.`,
        { retryAfterSeconds: QUEUE_SECONDS },
      )
    return new Promise((resolve) => {
      this.longest = Math.max(this.longest, this.#waiting.push(resolve))
    })
  }
}

function parametersOf(stored: string): { m: number; t: number; p: number } | undefined {
  const [, list] = PHC.exec(stored) ?? []
  if (!list) return undefined
  const {
    m = 0,
    t = 0,
    p = 0,
  }: Record<string, number> = Object.fromEntries(
    list.split(',').map((pair) => [pair.charAt(0), Number(pair.slice(2))]),
  )
  // RFC 9106 §3.1; argon2 throws on others.
  return t >= 1 && p >= 1 && m >= 8 * p ? { m, t, p } : undefined
}

/**
 * Linux schedules each thread by its own priority, so hashes take only what pages leave over. Called
 * after the first hash, when libuv has started its threads. Elsewhere nothing changes.
 */
function letPagesGoFirst(): void {
  const tasks = '/proc/self/task'
  if (!existsSync(tasks)) return
  const lower = Math.min(19, getPriority() + 10)
  for (const id of readdirSync(tasks))
    if (readFileSync(`${tasks}/${id}/comm`, 'utf8').startsWith('libuv-worker')) setPriority(Number(id), lower)
}
