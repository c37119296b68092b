import type { Message } from './messages.ts'

/** The person can mend it: field name → what to do. Answered by 422 and the same page again. */
export class InvalidInput extends Error {
  readonly problems: Readonly<Record<string, Message>>
  /** What else the page shows to help, by field: names that are free, for a username that is taken. */
  readonly suggestions: readonly string[]

  constructor(problems: Record<string, Message>, suggestions: readonly string[] = []) {
    super(
      Object.entries(problems)
        .map(([field, { code }]) => `${field}: ${code}`)
        .join(', '),
    )
    this.name = 'InvalidInput'
    this.problems = problems
    this.suggestions = suggestions
  }
}

type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 410 | 413 | 414 | 415 | 421 | 429 | 431 | 503

/** It cannot be served, whatever is typed. `message` is for people: what happened and what to do. */
export class Refusal extends Error {
  readonly status: RefusalStatus
  readonly headers: Readonly<Record<string, string>>
  readonly retryAfterSeconds: number | undefined

  constructor(
    status: RefusalStatus,
    message: string,
    options: { retryAfterSeconds?: number; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.retryAfterSeconds = options.retryAfterSeconds
    this.headers = {
      ...options.headers,
      ...(options.retryAfterSeconds && { 'retry-after': String(Math.ceil(options.retryAfterSeconds)) }),
    }
  }
}
