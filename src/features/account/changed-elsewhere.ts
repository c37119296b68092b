import { Refusal } from '../../errors.ts'

export const toAccount = { wayOn: { href: '/account', text: 'Go to your account' } }

/** Said to whose account isn't as it was when they were shown it: two windows, or somebody else. */
export const changedElsewhere = () =>
  new Refusal(
    409,
    'Your account was changed elsewhere just now, or you pressed twice. This time nothing was done.',
    toAccount,
  )
