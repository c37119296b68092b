import type { Config } from '../../config.ts'
import type { User } from '../../db/generated/sqlite/client.ts'
import { days } from '../../time.ts'

type Asked = Pick<User, 'username' | 'status'>

/** What is typed besides the reason: a line of text, or a choice. */
type Field = {
  name: string
  label: string
  hint?: string
  type?: string
  value?: string
  autocomplete: 'off'
}

type Question = {
  /** What it is called in the list of what can be done. */
  label: string
  heading: string
  lead: string
  button: string
  keep: string
  danger?: true
  field?: Field
}

/** What is asked before an administrator does something to a person, by its name in the address. */
export const questions = {
  'send-reset': ({ username: name }) => ({
    label: 'Send a password link',
    heading: `Send ${name} a password link?`,
    lead: 'We’ll email them a link to set a new password. The current one keeps working until then.',
    button: 'Send the link',
    keep: 'Don’t send it',
  }),
  'reset-link': ({ username: name }) => ({
    label: 'Make a reset link',
    heading: `Make a reset link for ${name}?`,
    lead: 'Whoever has it can set a new password for this account. Do this only if you’re sure who is asking, and hand it to nobody else.',
    button: 'Make a reset link',
    keep: 'Don’t make one',
  }),
  'confirm-again': ({ username: name }) => ({
    label: 'Send the confirmation again',
    heading: `Send ${name} the confirmation again?`,
    lead: 'We’ll email them a new link to confirm their address.',
    button: 'Send it again',
    keep: 'Don’t send it',
  }),
  'end-sessions': ({ username: name }) => ({
    label: 'Sign out everywhere',
    heading: `Sign ${name} out everywhere?`,
    lead: 'Ends their sessions on all devices now. They can sign straight back in.',
    button: `Sign ${name} out everywhere`,
    keep: 'Leave them signed in',
  }),
  'reset-two-factor': ({ username: name }) => ({
    label: 'Turn off two-step sign-in',
    heading: `Turn off two-step sign-in for ${name}?`,
    lead: 'Their authenticator, recovery codes and passkeys are removed, and they’re signed out. From then on their password alone gets them in; whoever has none needs a reset link too. Do this only if you’re sure who is asking. If their address is confirmed, we’ll email them that you did.',
    button: 'Turn it off',
    keep: 'Leave it on',
    danger: true,
  }),
  restore: ({ username: name, status }) =>
    status === 'closing'
      ? {
          label: 'Keep the account',
          heading: `Keep ${name}?`,
          lead: 'The account will not be erased, and they can sign in again with the password they have.',
          button: `Keep ${name}`,
          keep: 'Let it be erased',
        }
      : {
          label: 'Lift the suspension',
          heading: `Lift the suspension of ${name}?`,
          lead: 'They can sign in again with the password they have.',
          button: `Lift the suspension of ${name}`,
          keep: 'Keep it suspended',
        },
  suspend: ({ username: name }) => ({
    label: 'Suspend',
    heading: `Suspend ${name}?`,
    lead: 'They’ll be signed out now and can’t sign in until you lift the suspension. Nothing is deleted.',
    button: `Suspend ${name}`,
    keep: 'Keep as it is',
    danger: true,
    field: {
      name: 'until',
      label: 'Until (optional)',
      hint: 'A date like 2026-12-24. The suspension ends as that day begins, in UTC.',
      autocomplete: 'off',
    },
  }),
  delete: ({ username: name }, { periods }) => ({
    label: 'Delete',
    heading: `Delete ${name}?`,
    lead: `The account closes now and its data is erased after ${periods.erase / days(1)} days. Until then you can undo this; they can’t.`,
    button: `Delete ${name}`,
    keep: 'Keep the account',
    danger: true,
  }),
} satisfies Record<string, (person: Asked, config: Config) => Question>

export type Action = keyof typeof questions
