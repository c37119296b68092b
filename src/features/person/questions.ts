import { erasedAfter, questionOf } from '../../accounts/acts/act-words.ts'
import type { Config } from '../../config.ts'
import type { Role, User } from '../../db/generated/sqlite/client.ts'

type Asked = Pick<User, 'username' | 'status' | 'email' | 'role' | 'suspendedUntil'>

/** What is typed besides the reason: a line of text, or a choice. */
type Field = {
  name: string
  label: string
  hint?: string
  value?: string
  autocomplete: 'off'
  verbatim?: true
  type?: 'email' | 'date'
  groups?: { options: { value: Role; text: string }[] }[]
}

type Question = {
  /** What it is called in the list of what can be done. */
  label: string
  heading: string
  lead: string
  button: string
  keep: string
  danger?: true | undefined
  field?: Field | undefined
}

/** The promise that they are told by mail, or who has to tell them. */
const told = (promise: string, { mail }: Config) =>
  mail.arrives ? promise : 'There is no mail server, so tell them yourself.'

const IF_CONFIRMED = 'If their address is confirmed, we’ll email them that you did.'

/** What is asked before an administrator does something to a person, by its name in the address. */
export const questions = {
  'send-reset': ({ username: name }, config) => ({
    label: 'Send a password link',
    ...questionOf('send-reset', name, config),
    button: 'Send the link',
  }),
  'reset-link': ({ username: name }) => ({
    label: 'Make a reset link',
    heading: `Make a reset link for ${name}?`,
    lead: 'Whoever has it can set a new password for this account. Do this only if you’re sure who is asking, and hand it to nobody else.',
    button: 'Make a reset link',
    keep: 'Don’t make one',
  }),
  'confirm-again': ({ username: name }, config) => ({
    label: 'Send the confirmation again',
    ...questionOf('confirm-again', name, config),
    button: 'Send it again',
  }),
  'verify-email': ({ username: name, email }, config) => ({
    label: 'Confirm the address',
    heading: `Confirm the address of ${name}?`,
    lead: `${email} counts as theirs from then on: whoever reads its mail can set a new password. Do this only if you’re sure that it is. ${told('We’ll email them that you did.', config)}`,
    button: 'Confirm the address',
    keep: 'Leave it unconfirmed',
  }),
  'end-sessions': ({ username: name }, config) => ({
    label: 'Sign out everywhere',
    ...questionOf('end-sessions', name, config),
  }),
  'reset-two-factor': ({ username: name }, config) => ({
    label: 'Turn off two-step sign-in',
    heading: `Turn off two-step sign-in for ${name}?`,
    lead: `Their authenticator, recovery codes and passkeys are removed, and they’re signed out. From then on their password alone gets them in; whoever has none needs a reset link too. Do this only if you’re sure who is asking. ${told(IF_CONFIRMED, config)}`,
    button: 'Turn it off',
    keep: 'Leave it on',
    danger: true,
  }),
  username: ({ username: name }, config) => ({
    label: 'Change the username',
    heading: `Change the username of ${name}?`,
    lead: `They sign in with the new one from then on. The old one is held for them for 30 days. ${told(IF_CONFIRMED, config)}`,
    button: 'Change the username',
    keep: 'Leave it as it is',
    field: { name: 'username', label: 'New username', autocomplete: 'off', verbatim: true },
  }),
  email: ({ username: name }, config) => ({
    label: 'Change the address',
    heading: `Change the address of ${name}?`,
    lead: `The new one counts as confirmed: whoever reads its mail can set a new password. Do this only if you’re sure that it is theirs. ${told('We’ll email them that you did, at the new address and, if it was confirmed, at the old one.', config)}`,
    button: 'Change the address',
    keep: 'Leave it as it is',
    field: { name: 'email', label: 'New email address', type: 'email', autocomplete: 'off', verbatim: true },
  }),
  role: ({ username: name, role }, config) => ({
    label: 'Change the role',
    heading: `Change the role of ${name}?`,
    lead: `Administrators can see and change every account, including yours. Support sees people, sends password links, signs out and turns off two-step sign-in. They’ll be signed out now. ${told(IF_CONFIRMED, config)}`,
    button: 'Change the role',
    keep: 'Leave it as it is',
    field: {
      ...{ name: 'role', label: 'Role', value: role, autocomplete: 'off' },
      groups: [
        {
          options: [
            { value: 'member', text: 'Member' },
            { value: 'support', text: 'Support' },
            { value: 'admin', text: 'Administrator' },
          ],
        },
      ],
    },
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
  suspend: ({ username: name, status, suspendedUntil }, config) => {
    const question = { label: 'Suspend', ...questionOf('suspend', name, config), keep: 'Keep as it is' }
    if (status !== 'suspended') return question
    const value = suspendedUntil?.toISOString().slice(0, 10) ?? ''
    return {
      ...question,
      label: 'Change when it ends',
      heading: `Change when the suspension of ${name} ends?`,
      lead: `Without a day, they can’t sign in until you lift it. ${told(IF_CONFIRMED, config)}`,
      button: 'Change when it ends',
      danger: undefined,
      field: question.field && { ...question.field, value },
    }
  },
  delete: ({ username: name }, config) => ({
    label: 'Delete',
    heading: `Delete ${name}?`,
    lead: `The account closes now and its data is erased after ${erasedAfter(config)}. Until then you can undo this; they can’t.`,
    button: `Delete ${name}`,
    keep: 'Keep the account',
    danger: true,
  }),
} satisfies Record<string, (person: Asked, config: Config) => Question>

export type Action = keyof typeof questions
