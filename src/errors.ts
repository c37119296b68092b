import type { Message } from './messages.ts'

/** The person can mend it: field name → what to do. Answered by 422 and the same page again. */
export class InvalidInput extends Error {
  readonly problems: Readonly<Record<string, Message>>
  /** Names that are free, when the username is taken. */
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

type WayOn = { href: string; text: string }

/** What of refusals the audit trail tells, where it is known who was refused. */
type Noted = 'access.refused' | 'access.network-refused' | 'access.site-refused' | 'change.refused'

type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 414 | 415 | 421 | 429 | 500 | 503

/** It cannot be served, whatever is typed. `message` is for people: what happened and what to do. */
export class Refusal extends Error {
  readonly status: RefusalStatus
  readonly headers: Readonly<Record<string, string>>
  readonly retryAfterSeconds: number | undefined
  /** The headline of its page, where that of the status doesn't fit. */
  readonly title: string | undefined
  readonly noted: Noted | undefined
  /** Where its page leads, where the way on of the status doesn't fit. */
  readonly wayOn: WayOn | undefined

  constructor(
    status: RefusalStatus,
    message: string,
    options: {
      title?: string
      wayOn?: WayOn
      retryAfterSeconds?: number
      headers?: Record<string, string>
      noted?: Noted
      /** For the log: what an operator has to mend. */
      cause?: unknown
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'Refusal'
    this.status = status
    this.retryAfterSeconds = options.retryAfterSeconds
    this.title = options.title
    this.wayOn = options.wayOn
    this.noted = options.noted
    this.headers = {
      ...options.headers,
      ...(options.retryAfterSeconds && { 'retry-after': String(Math.ceil(options.retryAfterSeconds)) }),
    }
  }
}

export const notFound = (options: { noted?: Noted } = {}) =>
  new Refusal(404, 'The address may have a typing mistake, or the page may have moved.', options)

/** Said where an account that is asked for isn't there, or not any more. */
export const noSuchPerson = () =>
  new Refusal(404, 'There is no such person, or the account is gone.', {
    wayOn: { href: '/admin/users', text: 'Go to the list' },
  })
