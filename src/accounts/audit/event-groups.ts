import { eventNames } from './event-words.ts'

/** What administrators narrow the audit log to. */
export const eventGroups = {
  'signing-in': 'Signing in',
  account: 'Account changes',
  administration: 'Administration',
  settings: 'Settings',
} as const

export type EventGroup = keyof typeof eventGroups

const SIGNING_IN =
  /^(session|login|proof|access)\.|^(two-factor\.failed|recovery-code\.used|passkey\.count-regressed)$/
const ADMINISTRATION =
  /^(mail|audit|people|invitation|request|job|change)\.|^(user\.(made|made-admin|viewed|suspended|restored|role-.*)|password\.reset-link-made|two-factor\.reset)$/
const SETTINGS = /^setting\./

/** Where an event belongs; whatever is nothing else is a change of an account. */
function groupOf(event: string): EventGroup {
  if (SIGNING_IN.test(event)) return 'signing-in'
  if (SETTINGS.test(event)) return 'settings'
  return ADMINISTRATION.test(event) ? 'administration' : 'account'
}

export const eventsOf = (group: EventGroup) => eventNames.filter((event) => groupOf(event) === group)
