/** A mail as data, so that its HTML and its plain text come from one source. Every sentence is ours. */
export type Letter = {
  subject: string
  /** What mail programs show beside the subject. */
  preview: string
  /** What happened, and what to do. */
  lead: string
  /** The short code that stands for the link, and the sentence before it. */
  code?: { text: string; digits: string }
  button?: { text: string; href: string }
  /** How long the link works, and what else is good to know. */
  small: string[]
  /** What to do if it wasn't you. */
  footer: string[]
}

/** What a mail is about, as the outbox keeps it. None of it is secret. */
export type Facts = { username?: string; device?: string; ip?: string; newAddress?: string }

/** What a letter is written from; `link` and `code` are there for the kinds that carry them. */
export type Content = Facts & {
  at: Date
  link: string
  code: string
  signIn: string
  forgotPassword: string
}

export const letters = {
  'verify-email': ({ username, link, code }) => ({
    subject: 'Confirm your email address',
    preview: 'One tap and your account is ready.',
    lead: `Hello ${username}. Press the button to confirm your address.`,
    ...(code && { code: { text: 'Or type this code on the page where you signed up:', digits: code } }),
    button: { text: 'Confirm my address', href: link },
    small: ['The link works once.'],
    footer: ['Didn’t sign up? Ignore this message.'],
  }),
  'already-registered': ({ username, signIn }) => ({
    subject: 'You already have an account',
    preview: 'You already have an account.',
    lead: `Hello ${username}. Someone tried to sign up with your address.`,
    button: { text: 'Sign in', href: signIn },
    small: [],
    footer: [],
  }),
  'reset-password': ({ username, link }) => ({
    subject: 'Set a new password',
    preview: 'Set a new password.',
    lead: `Hello ${username}. Someone asked for a new password for your account.`,
    button: { text: 'Choose a new password', href: link },
    small: [],
    footer: [],
  }),
  'password-changed': ({ username }) => ({
    subject: 'Your password was changed',
    preview: 'Your password was changed.',
    lead: `Hello ${username}. The password of your account was changed.`,
    small: [],
    footer: [],
  }),
  'email-changing': ({ username, link }) => ({
    subject: 'Your email address is changing',
    preview: 'Your email address is changing.',
    lead: `Hello ${username}. The address of your account is being changed.`,
    button: { text: 'Keep this address', href: link },
    small: [],
    footer: [],
  }),
  'new-sign-in': ({ username }) => ({
    subject: 'New sign-in',
    preview: 'New sign-in.',
    lead: `Hello ${username}. Your account was used on a new device.`,
    small: [],
    footer: [],
  }),
  'account-suspended': ({ username }) => ({
    subject: 'Your account is suspended',
    preview: 'Your account is suspended.',
    lead: `Hello ${username}. Your account is suspended.`,
    small: [],
    footer: [],
  }),
  'account-deleted': ({ username }) => ({
    subject: 'Your account is closed',
    preview: 'Your account is closed.',
    lead: `Hello ${username}. Your account is closed.`,
    small: [],
    footer: [],
  }),
} satisfies Record<string, (content: Content) => Letter>

/** What the outbox takes. */
export type MailKind = keyof typeof letters
