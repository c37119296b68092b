import { clockAndDay, dayInWords, type Region, regionOf } from '../accounts/region.ts'
import { days, hours, minutes, now, seconds } from '../time.ts'

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
  newAddress?: string
  /** What the member calls the passkey that it is about. */
  passkey?: string
  /** A change of address was undone, and the password is none any more. */
  undone?: boolean
  /** When an account that is closing will be erased, in ISO 8601. */
  closesAt?: string
}

/** What a letter is written from; `link`, `linkWorksFor` and `code` are there for the kinds that carry them. */
export type Content = Facts & {
  username?: string | undefined
  /** How they read times; without, as somebody who has chosen nothing. */
  region?: Region | undefined
  at: Date
  link: string
  /** How long the link works, in words. */
  linkWorksFor: string
  code: string
  signIn: string
  forgotPassword: string
}

const NOTHING_TO_DO = 'Was it you? Then there is nothing to do.'
const OPERATOR = 'the people who run this service'

export const letters = {
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

  'reset-password': ({ username, at, region, device, ip, link, linkWorksFor, undone }) => ({
    subject: 'Set a new password',
    preview: undone
      ? `You need one to sign in. The link works for ${linkWorksFor}.`
      : `The link works for ${linkWorksFor}. Wasn’t you? Ignore this message.`,
    lead: undone
      ? `${hello(username)} Your account keeps this address. Everybody is signed out, and the password works no longer: choose a new one to get back in.`
      : `${hello(username)} Someone asked for a new password for your account ${when({ at, region, device, ip })}.`,
    button: { text: 'Choose a new password', href: link },
    small: [`The link works once, for ${linkWorksFor}. We will never ask you for your password by email.`],
    footer: undone
      ? ['Is the link too old? Ask for another where you sign in.']
      : ['Wasn’t you? Ignore this message and your password stays as it is.'],
  }),

  'password-changed': ({ username, at, region, device, ip, forgotPassword }) => ({
    subject: 'Your password was changed',
    preview: NOTHING_TO_DO,
    lead: `${hello(username)} The password of your account was changed ${when({ at, region, device, ip })}. Every other device is signed out.`,
    small: [],
    link: { text: 'Wasn’t you? Set a new password now. That signs out every device:', href: forgotPassword },
    footer: [NOTHING_TO_DO],
  }),

  'email-changing': (content) =>
    ofAddress(
      content,
      'Your email address is changing',
      'Someone asked to change the email address of your account',
    ),

  'email-changed': (content) =>
    ofAddress(content, 'Your email address was changed', 'The email address of your account was changed'),

  'passkey-added': ({ username, at, region, device, ip, passkey, forgotPassword }) => ({
    subject: 'A passkey was added',
    preview: NOTHING_TO_DO,
    lead: `${hello(username)} ${called(passkey)} was added to your account ${when({ at, region, device, ip })}. It can sign in without your password.`,
    small: [],
    link: {
      text: 'Wasn’t you? Set a new password now, then remove the passkey from your account:',
      href: forgotPassword,
    },
    footer: [NOTHING_TO_DO],
  }),

  'passkey-removed': ({ username, at, region, device, ip, passkey, forgotPassword }) => ({
    subject: 'A passkey was removed',
    preview: NOTHING_TO_DO,
    lead: `${hello(username)} ${called(passkey)} was removed from your account ${when({ at, region, device, ip })}.`,
    small: [],
    link: { text: 'Wasn’t you? Set a new password now. That signs out every device:', href: forgotPassword },
    footer: [NOTHING_TO_DO],
  }),

  'new-sign-in': ({ username, at, region, device = 'Unknown device', ip, forgotPassword }) => ({
    subject: `New sign-in from ${named(device)}`,
    preview: NOTHING_TO_DO,
    lead: `${hello(username)} Someone signed in to your account ${when({ at, region, device, ip })}.`,
    small: [],
    link: { text: 'Wasn’t you? Set a new password now. That signs out every device:', href: forgotPassword },
    footer: [NOTHING_TO_DO],
  }),

  'account-suspended': ({ username, at, region }) => ({
    subject: 'Your account is suspended',
    preview: 'You can’t sign in for now.',
    lead: `${hello(username)} Your account was suspended ${when({ at, region })}. You are signed out, and can’t sign in for now. Nothing in it was deleted.`,
    small: [],
    footer: [`Want to know why, or think it is a mistake? Turn to ${OPERATOR}.`],
  }),

  'account-closing': ({ username, at, device, ip, signIn, forgotPassword, closesAt, region }) => {
    const then = closesAt ? `on ${dayInWords(new Date(closesAt), regionOf(region))}` : 'soon'
    return {
      subject: `Your account closes ${then}`,
      preview: 'Sign in before then to keep it.',
      lead: `${hello(username)} You asked us to delete your account ${when({ at, device, ip, region })}. It closes ${then}: then all that it holds is erased, which can’t be undone. Sign in before then to keep it.`,
      button: { text: 'Sign in and keep my account', href: signIn },
      small: ['Until then it stays closed, and nothing is deleted.'],
      link: { text: 'Wasn’t you? Set a new password now, then sign in and keep it:', href: forgotPassword },
      footer: [NOTHING_TO_DO],
    }
  },

  'account-kept': ({ username, at, device, ip, forgotPassword, region }) => ({
    subject: 'Your account will not be deleted',
    preview: NOTHING_TO_DO,
    lead: `${hello(username)} Welcome back. Someone signed in ${when({ at, device, ip, region })}, and kept your account. It will not be deleted.`,
    small: [],
    link: { text: 'Wasn’t you? Set a new password now. That signs out every device:', href: forgotPassword },
    footer: [NOTHING_TO_DO],
  }),

  'account-deleted': ({ username, at, region }) => ({
    subject: 'Your account is closed',
    preview: 'This is the last message about it.',
    lead: `${hello(username)} Your account was closed ${when({ at, region })}, and can’t be used any more. This is the last message about it.`,
    small: [],
    footer: [`Wasn’t you? Turn to ${OPERATOR}.`],
  }),
} satisfies Record<string, (content: Content) => Letter>

/** What the outbox takes. */
export type MailKind = keyof typeof letters

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
      'Wasn’t you? Keep this address: that signs out every device, and we send you a link to set a new password.',
      `The link works once, for ${linkWorksFor}, even after the change.`,
    ],
    footer: [NOTHING_TO_DO],
  }
}

const hello = (username?: string) => (username ? `Hello ${unlinked(username)}.` : 'Hello.')

/**
 * What people typed, so that it reads the same and is no link: mail programs make one of `evil.example` in a
 * letter of ours, but not across a word joiner (U+2060), which nobody sees.
 */
const unlinked = (text: string) => text.replace(/[.@]/g, '\u2060$&\u2060')

const called = (passkey?: string) => (passkey ? `The passkey “${unlinked(passkey)}”` : 'A passkey')

type When = {
  at: Date
  region?: Region | undefined
  device?: string | undefined
  ip?: string | undefined
}

/** `at 10:41 UTC on 22 November 2026, using Firefox on Linux, from 203.0.113.7`, as far as it is known. */
function when({ at, region, device, ip }: When) {
  const time = `at ${clockAndDay(at, region ?? regionOf())}`
  return [time, device && `using ${named(device)}`, ip && `from ${ip}`].filter(Boolean).join(', ')
}

const named = (device: string) => device.replace(/^Unknown/, 'an unknown')

/** How long a link works that expires then: `72 hours`, `7 days`. Rounded down, for it is a promise. */
export function timeLeft(expiresAt: Date): string {
  // A moment has passed since the end was set: 24 hours are still 24 hours.
  const left = expiresAt.getTime() - now() + seconds(30)
  if (left > days(4)) return count(left / days(1), 'day')
  if (left > hours(1)) return count(left / hours(1), 'hour')
  return count(left / minutes(1), 'minute')
}

const count = (amount: number, unit: 'day' | 'hour' | 'minute') =>
  new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(Math.floor(amount))
