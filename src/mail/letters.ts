import { dayInWords, type Region, regionOf } from '../accounts/region.ts'
import type { Role } from '../db/generated/sqlite/client.ts'
import { lettersOfAdministrators } from './letters-of-administrators.ts'
import { signUpLetters } from './sign-up-letters.ts'
import { hello, named, near, OPERATOR, unlinked, when } from './words.ts'

/** A mail as data, so that its HTML and its plain text come from one source. Every sentence is ours. */
export type Letter = {
  subject: string
  /** What mail programs show beside the subject. */
  preview: string
  /** What happened, and what to do. */
  lead: string
  button?: { text: string; href: string }
  /** The short code that stands for the button's link, and the sentence before it. */
  code?: { text: string; digits: string }
  /** How long the link works, and what else is good to know. */
  small: string[]
  /** A way on beside the button, or where none should tempt: the sentence before it, and where it leads. */
  link?: { text: string; href: string }
  /** What to do if it wasn't you, or that there is nothing to do. */
  footer: string[]
}

/** What a mail is about, as the outbox keeps it. None of it is secret. */
export type Facts = {
  device?: string
  ip?: string
  /** Roughly where that is. */
  place?: string
  newAddress?: string
  /** What the member calls the passkey that it is about. */
  passkey?: string
  /** How many recovery codes are left. */
  codesLeft?: number
  /** A change of address was undone, and the password is none any more. */
  undone?: boolean
  /** When an account that is closing will be erased, in ISO 8601. */
  closesAt?: string
  /** When a suspension ends by itself, in ISO 8601. */
  suspendedUntil?: string
  /** The role that was given. */
  role?: Role
  /** Why an administrator did it, in their words. */
  reason?: string
  /** How many sign-ups wait for an administrator. */
  waiting?: number
  /** The id of the invitation that it brings. */
  invitation?: string
}

/** What a letter is written from; `link`, `linkWorksFor` and `code` are there for the kinds that carry them. */
export type Content = Facts & {
  username?: string | undefined
  /** How they read times; without, as somebody who has chosen nothing. */
  region?: Region | undefined
  at: Date
  /** What the service is called. */
  service: string
  /** Who invited them, as people know that one. */
  invitedBy?: string | undefined
  link: string
  /** How long the link works, in words. */
  linkWorksFor: string
  code: string
  signIn: string
  forgotPassword: string
  requests: string
}

const NOTHING_TO_DO = 'Was it you? Then there is nothing to do.'

export const letters = {
  ...lettersOfAdministrators,

  'verify-email': ({ username, link, linkWorksFor, code }) =>
    code
      ? {
          subject: 'Confirm your email address',
          preview: `Your account is almost ready. The link works for ${linkWorksFor}.`,
          lead: `${hello(username)} Confirm your address to finish creating your account.`,
          button: { text: 'Confirm my address', href: link },
          code: {
            text: 'Or type this code on the page where you signed up. It works for 10 minutes:',
            digits: code,
          },
          small: [`The link works once, for ${linkWorksFor}. On another device it asks for your password.`],
          footer: [
            'Didn’t sign up? Someone may have typed your address by mistake.',
            'Ignore this message and no account will be made.',
          ],
        }
      : {
          subject: 'Confirm your email address',
          preview: `Your account will use this address. The link works for ${linkWorksFor}.`,
          lead: `${hello(username)} Confirm that this is your address, and your account will use it.`,
          button: { text: 'Confirm my address', href: link },
          small: [`The link works once, for ${linkWorksFor}. On another device it asks for your password.`],
          footer: [
            'Didn’t ask for this? Someone may have typed your address by mistake.',
            'Ignore this message and nothing changes.',
          ],
        },

  // The address was typed at a sign-up or on another account's page: the words have to fit both.
  'already-registered': ({ username, at, region, device, signIn, forgotPassword }) => ({
    subject: 'You already have an account',
    preview: 'Sign in with this address, or set a new password.',
    lead: `${hello(username)} Someone tried to use your address for another account ${when({ at, region, device })}. It belongs to your account already, so you can sign in with it.`,
    button: { text: 'Sign in', href: signIn },
    small: [],
    link: { text: 'Forgot your password? Set a new one here:', href: forgotPassword },
    footer: ['Wasn’t you? There is nothing to do. Your account is as it was.'],
  }),

  invitation: ({ username, service, invitedBy, link, linkWorksFor }) => {
    const who = invitedBy ? `${unlinked(invitedBy)} invited you` : 'You are invited'
    return {
      subject: `${who} to ${service}`,
      preview: `Create your account. The link works for ${linkWorksFor}.`,
      lead: `${hello(username)} ${who} to create an account with ${service}.`,
      button: { text: 'Create my account', href: link },
      small: [`The link works once, for ${linkWorksFor}, and makes an account for this address only.`],
      footer: ['Weren’t you expecting this? Ignore this message and no account will be made.'],
    }
  },

  'reset-password': ({ username, at, region, device, ip, place, link, linkWorksFor, undone }) => ({
    subject: 'Set a new password',
    preview: undone
      ? `You need one to sign in. The link works for ${linkWorksFor}.`
      : `The link works for ${linkWorksFor}. Wasn’t you? Ignore this message.`,
    lead: undone
      ? `${hello(username)} Your account keeps this address. Everybody is signed out, and the password works no longer: choose a new one to get back in.`
      : `${hello(username)} Someone asked for a new password for your account ${when({ at, region, device, ip, place })}.`,
    button: { text: 'Choose a new password', href: link },
    small: [`The link works once, for ${linkWorksFor}. We will never ask you for your password by email.`],
    footer: undone
      ? ['Is the link too old? Ask for another where you sign in.']
      : ['Wasn’t you? Ignore this message and your password stays as it is.'],
  }),

  'reset-by-passkey': ({ username, at, region, device, ip, place, signIn, undone }) => ({
    subject: 'Sign in with your passkey',
    preview: 'Your account has no password, so there is none to set anew.',
    lead: undone
      ? `${hello(username)} Your account keeps this address, and everybody is signed out. It has no password: sign in with your passkey.`
      : `${hello(username)} Someone asked for a new password for your account ${when({ at, region, device, ip, place })}. It has none: sign in with your passkey.`,
    button: { text: 'Sign in', href: signIn },
    small: ['You can set a password on your account page, once you’re signed in.'],
    footer: [
      `Lost your passkeys? Turn to ${OPERATOR}.`,
      ...(undone ? [] : ['Wasn’t you? Ignore this message.']),
    ],
  }),

  'password-changed': (content) => ({
    ...wasItYou(content),
    subject: 'Your password was changed',
    lead: `${hello(content.username)} The password of your account was changed ${when(content)}. Every other device is signed out.`,
  }),

  'password-removed': (content) => ({
    subject: 'Your password was removed',
    preview: NOTHING_TO_DO,
    lead: `${hello(content.username)} The password of your account was removed ${when(content)}. You sign in with your passkeys from now on. Every other device is signed out.`,
    small: [],
    footer: [NOTHING_TO_DO, `Wasn’t you? Turn to ${OPERATOR} now.`],
  }),

  'email-changing': (content) =>
    ofAddress(
      content,
      'Your email address is changing',
      'Someone asked to change the email address of your account',
    ),

  'email-changed': (content) =>
    ofAddress(content, 'Your email address was changed', 'The email address of your account was changed'),

  'passkey-added': (content) => ({
    ...wasItYou(content),
    subject: 'A passkey was added',
    lead: `${hello(content.username)} ${called(content)} was added to your account ${when(content)}. It can sign in without your password.`,
    link: {
      text: 'Wasn’t you? Set a new password now, then remove the passkey from your account:',
      href: content.forgotPassword,
    },
  }),

  'passkey-removed': (content) => ({
    ...wasItYou(content),
    subject: 'A passkey was removed',
    lead: `${hello(content.username)} ${called(content)} was removed from your account ${when(content)}.`,
  }),

  'new-sign-in': ({ device = 'Unknown device', ...content }) => ({
    ...wasItYou(content),
    subject: `New sign-in from ${named(device)}${near(content.place)}`,
    lead: `${hello(content.username)} Someone signed in to your account ${when({ ...content, device })}.`,
  }),

  'two-factor-on': (content) => ({
    ...wasItYou(content),
    subject: 'Two-step sign-in was turned on',
    lead: `${hello(content.username)} Two-step sign-in was turned on for your account ${when(content)}. After your password we’ll ask for a code from your authenticator app.`,
    small: ['Keep your recovery codes somewhere safe: each of them gets you in once if you lose your phone.'],
  }),

  'two-factor-off': (content) => ({
    ...wasItYou(content),
    subject: 'Two-step sign-in was turned off',
    lead: `${hello(content.username)} Two-step sign-in was turned off for your account ${when(content)}. From now on your password alone gets you in.`,
  }),

  'recovery-code-used': ({ codesLeft = 0, ...content }) => {
    const left = `You have ${codesLeft === 1 ? '1 recovery code' : `${codesLeft} recovery codes`} left.`
    return {
      ...wasItYou(content),
      subject: 'A recovery code was used',
      lead: `${hello(content.username)} One of your recovery codes was used ${when(content)}. ${left}`,
      preview: left,
      small: codesLeft > 3 ? [] : ['Make new ones on your account page, so that you don’t run out of them.'],
    }
  },

  'recovery-codes-made': (content) => ({
    ...wasItYou(content),
    subject: 'New recovery codes were made',
    lead: `${hello(content.username)} New recovery codes were made for your account ${when(content)}. The old ones don’t work any more.`,
  }),

  'account-closing': (content) => {
    const { region, closesAt, signIn, forgotPassword } = content
    const then = closesAt ? `on ${dayInWords(new Date(closesAt), regionOf(region))}` : 'soon'
    return {
      ...wasItYou(content),
      subject: `Your account will be erased ${then}`,
      lead: `${hello(content.username)} You asked us to delete your account ${when(content)}. It is closed now, and ${then} all that it holds will be erased, which can’t be undone. Sign in before then to keep it.`,
      preview: 'Sign in before then to keep it.',
      button: { text: 'Sign in and keep my account', href: signIn },
      small: ['Until then nothing is deleted.'],
      link: { text: 'Wasn’t you? Set a new password now, then sign in and keep it:', href: forgotPassword },
    }
  },

  'account-kept': (content) => ({
    ...wasItYou(content),
    subject: 'Your account will not be deleted',
    lead: `${hello(content.username)} Welcome back. Someone signed in ${when(content)}, and kept your account. It will not be deleted.`,
  }),

  'account-deleted': ({ username, at, region }) => ({
    subject: 'Your account is closed',
    preview: 'This is the last message about it.',
    lead: `${hello(username)} Your account was closed ${when({ at, region })}, and can’t be used any more. This is the last message about it.`,
    small: [],
    footer: [`Wasn’t you? Turn to ${OPERATOR}.`],
  }),

  ...signUpLetters,
} satisfies Record<string, (content: Content) => Letter>

/** The last mail that somebody gets: the address goes with it. */
export const LAST_MAILS: string[] = ['account-deleted', 'request-rejected'] satisfies MailKind[]

/** What the outbox takes. */
export type MailKind = keyof typeof letters

/** How letters end that tell of something done to an account: all is well, or a new password is to be set. */
const wasItYou = ({ forgotPassword }: Content) => ({
  preview: NOTHING_TO_DO,
  small: [],
  link: {
    text: 'Wasn’t you? Set a new password now. That signs out every device:',
    href: forgotPassword,
  },
  footer: [NOTHING_TO_DO],
})

/** What the old address is told of a change, with the way to take it back. */
function ofAddress(
  { username, at, region, device, newAddress = 'another', link, linkWorksFor }: Content,
  subject: string,
  what: string,
): Letter {
  return {
    subject,
    preview: `Wasn’t you? You can keep this address for ${linkWorksFor}.`,
    lead: `${hello(username)} ${what} to ${unlinked(newAddress)} ${when({ at, region, device })}.`,
    button: { text: 'Keep this address', href: link },
    small: [
      'Wasn’t you? Keep this address: that signs out every device, and we email you how to get back in.',
      `The link works once, for ${linkWorksFor}, even after the change.`,
    ],
    footer: [NOTHING_TO_DO],
  }
}

const called = ({ passkey }: Content) => (passkey ? `The passkey “${unlinked(passkey)}”` : 'A passkey')
