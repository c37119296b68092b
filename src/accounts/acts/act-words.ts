import type { Config } from '../../config.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { Refusal } from '../../errors.ts'
import { type Message, message } from '../../messages.ts'
import { days } from '../../time.ts'
import { isOpen } from '../user.ts'
import type { ActName } from './acts.ts'

/** What a suspension is asked besides the reason. */
const untilField = {
  name: 'until',
  label: 'Until (optional)',
  type: 'date',
  hint: 'The suspension ends as that day begins, in UTC.',
  autocomplete: 'off',
} as const

/** How it is called where it is chosen, asked and told: `whom` is a name, “3 people”, or “everybody who matches”. */
type Words = {
  label: string
  heading: (whom: string) => string
  lead: (config: Config) => string
  button: (whom: string) => string
  keep: string
  danger?: true
  /** Whether it sends a mail and no more, so that there is nothing in it where there is none. */
  byMail?: true
  field?: typeof untilField
  /** Whether it can be done to somebody, as it looks now, and why not. */
  fits: (user: User) => boolean
  unfit: string
  /** The notices that it is done: to one, by name, and to many. */
  one: (name: string, config: Config) => Message
  many: (n: number, config: Config) => Message
}

const words: Record<ActName, Words> = {
  'confirm-again': {
    label: 'Send confirmation again',
    heading: (whom) => `Send ${whom} the confirmation again?`,
    lead: ({ mail }) =>
      mail.arrives
        ? 'We’ll email them a new link to confirm their address.'
        : 'There is no mail server, so a new link to confirm their address stays under “Mail”, for you to hand over.',
    button: (whom) => `Send ${whom} the confirmation again`,
    keep: 'Don’t send it',
    byMail: true,
    fits: ({ status, email, provenEmailKey }) =>
      (status === 'pending' || status === 'active') && email !== null && provenEmailKey === null,
    unfit: 'Has no address to confirm',
    one: (name) => message('notice.proof-sent-again', { name }),
    many: (n) => message('notice.people-proof-sent-again', { n }),
  },
  'send-reset': {
    label: 'Send a password link',
    heading: (whom) => `Send ${whom} a password link?`,
    lead: ({ mail }) =>
      mail.arrives
        ? 'We’ll email them a link to set a new password. The current one keeps working until then.'
        : 'There is no mail server, so a link to set a new password stays under “Mail”, for an administrator to hand over. The current password keeps working until then.',
    button: (whom) => `Send ${whom} a password link`,
    keep: 'Don’t send it',
    byMail: true,
    fits: (user) => isOpen(user) && user.provenEmailKey !== null,
    unfit: 'Has no confirmed address, or isn’t active',
    one: (name) => message('notice.reset-sent', { name }),
    many: (n) => message('notice.people-reset-sent', { n }),
  },
  'end-sessions': {
    label: 'Sign out everywhere',
    heading: (whom) => `Sign ${whom} out everywhere?`,
    lead: () => 'Ends their sessions on all devices now. They can sign straight back in.',
    button: (whom) => `Sign ${whom} out everywhere`,
    keep: 'Leave them signed in',
    fits: () => true,
    unfit: '',
    one: (name) => message('notice.signed-out-everywhere', { name }),
    many: (n) => message('notice.people-signed-out-everywhere', { n }),
  },
  suspend: {
    label: 'Suspend',
    heading: (whom) => `Suspend ${whom}?`,
    lead: () =>
      'They’ll be signed out now and can’t sign in until you lift the suspension. Nothing is deleted.',
    button: (whom) => `Suspend ${whom}`,
    keep: 'Keep as they are',
    danger: true,
    field: untilField,
    fits: ({ status }) => status === 'active',
    unfit: 'Isn’t active',
    one: (name) => message('notice.suspended', { name }),
    many: (n) => message('notice.people-suspended', { n }),
  },
  restore: {
    label: 'Lift suspension',
    heading: (whom) => `Lift the suspension of ${whom}?`,
    lead: () => 'They can sign in again with the password they have. Who was to be erased is kept.',
    button: (whom) => `Lift the suspension of ${whom}`,
    keep: 'Keep them suspended',
    fits: ({ status, suspendedUntil }) =>
      status === 'suspended' || (status === 'closing' && suspendedUntil !== null),
    unfit: 'Isn’t suspended',
    one: (name) => message('notice.restored', { name }),
    many: (n) => message('notice.people-restored', { n }),
  },
  delete: {
    label: 'Delete',
    heading: (whom) => `Delete ${whom}?`,
    lead: (config) =>
      `The accounts close now and their data is erased after ${erasedAfter(config)}. Until then you can undo this; they can’t.`,
    button: (whom) => `Delete ${whom}`,
    keep: 'Keep them',
    danger: true,
    fits: ({ status }) => status !== 'closing',
    unfit: 'Is closing already',
    one: (whom, config) => message('notice.erased-in', { whom, time: erasedAfter(config) }),
    many: (n, config) => message('notice.erased-in', { whom: `${n} people`, time: erasedAfter(config) }),
  },
}

/** How long a closed account is kept, in words. */
export function erasedAfter({ periods }: Config): string {
  const count = periods.erase / days(1)
  return count === 1 ? '1 day' : `${count} days`
}

/** What can be done to many people at once, as forms name it. */
export const ACT_NAMES = Object.keys(words) as [ActName, ...ActName[]]

/** Those that make sense here. */
export const actNames = ({ email }: Config) =>
  ACT_NAMES.filter((act) => email !== 'off' || !words[act].byMail)

/** Throws Refusal 404 for what makes no sense here: no page offers it, so it comes from an old one, or a program. */
export function requireOffered(act: ActName, config: Config): void {
  if (!actNames(config).includes(act))
    throw new Refusal(404, 'We don’t send email here, so nothing was sent.')
}

export const wordsOf = (act: ActName): Words => words[act]

/** What is asked before it is done. Throws Refusal 404. */
export function questionOf(act: ActName, whom: string, config: Config) {
  requireOffered(act, config)
  const { heading, lead, button, keep, danger, field } = words[act]
  return { heading: heading(whom), lead: lead(config), button: button(whom), keep, danger, field }
}
