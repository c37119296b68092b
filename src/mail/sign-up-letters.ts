import type { Content, Letter } from './letters.ts'
import { hello, OPERATOR, unlinked } from './words.ts'

const NOT_YOU = 'Didn’t sign up? Someone may have typed your address by mistake. There is nothing to do.'

/** What is written where an administrator decides on sign-ups. */
export const signUpLetters = {
  'requests-waiting': ({ username, waiting = 0, requests }) => ({
    subject: 'Sign-ups wait for your approval',
    preview: 'They can’t sign in until you or another administrator decides.',
    lead: `${hello(username)} ${waiting === 1 ? '1 person has' : `${waiting} people have`} signed up, and can’t sign in until you or another administrator decides.`,
    button: { text: 'Look at the requests', href: requests },
    small: ['We write about this once an hour at most.'],
    footer: ['No longer an administrator here? Then there is nothing to do.'],
  }),

  'request-approved': ({ username, signIn }) => ({
    subject: 'You can sign in now',
    preview: 'Your sign-up was approved.',
    lead: `${hello(username)} Your sign-up was approved, and your account is ready. Sign in with the password you chose.`,
    button: { text: 'Sign in', href: signIn },
    small: [],
    footer: [NOT_YOU],
  }),

  'request-rejected': ({ username, reason }) => ({
    subject: 'Your sign-up was not approved',
    preview: 'There is no account, and what you gave us is deleted.',
    lead: `${hello(username)} Your sign-up was not approved. There is no account, and what you gave us is deleted. This is the last message about it.`,
    small: reason ? [`The reason: “${unlinked(reason)}”`] : [],
    footer: [`Think it is a mistake? Turn to ${OPERATOR}.`, NOT_YOU],
  }),
} satisfies Record<string, (content: Content) => Letter>
