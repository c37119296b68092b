import { dayInWords, regionOf } from '../accounts/region.ts'
import type { Role } from '../db/generated/sqlite/client.ts'
import type { Content, Letter } from './letters.ts'
import { hello, OPERATOR, unlinked, when } from './words.ts'

const WHY = `Want to know why, or think it is a mistake? Turn to ${OPERATOR}.`

const roles: Record<Role, { subject: string; lead: string; small: string }> = {
  member: {
    subject: 'You are a member again',
    lead: 'Your account is that of a member from now on, and you no longer see the accounts of others',
    small: 'Your own account stays as it is. You are signed out everywhere.',
  },
  support: {
    subject: 'You are in support now',
    lead: 'You can help other people with their accounts from now on',
    small: 'You are signed out everywhere. Sign in again, and you will find a page for it.',
  },
  admin: {
    subject: 'You are an administrator now',
    lead: 'You can see and change every account from now on',
    small: 'You are signed out everywhere. Sign in again, and you will find a page for it.',
  },
}

/** What an administrator did to an account. Who it was and where they sit is not the member's to know. */
export const lettersOfAdministrators = {
  'account-made': ({ username, service, link, linkWorksFor, forgotPassword }) => ({
    subject: 'An account was made for you',
    preview: `Choose a password for it. The link works for ${linkWorksFor}.`,
    lead: `${hello(username)} The people who run ${service} made an account for you. Choose a password, and it is yours.`,
    button: { text: 'Choose a password', href: link },
    small: [
      `The link works once, for ${linkWorksFor}, and confirms that this is your address. We will never ask you for your password by email.`,
    ],
    link: { text: 'Have you chosen one, and forgotten it? Set another here:', href: forgotPassword },
    footer: ['Weren’t you expecting this? Ignore this message, and nobody can use the account.'],
  }),

  'two-factor-reset': ({ username, at, region, forgotPassword }) => ({
    subject: 'Two-step sign-in was turned off',
    preview: 'Your passkeys were removed too, and you are signed out.',
    lead: `${hello(username)} The people who run this service turned two-step sign-in off for your account ${when({ at, region })}. Passkeys were removed too, and you are signed out everywhere. Your password alone gets you in again.`,
    small: ['Turn two-step sign-in on again on your account page, with the phone you have now.'],
    link: { text: 'No password? Set one:', href: forgotPassword },
    footer: [`Didn’t ask for this? Turn to ${OPERATOR}.`],
  }),

  'account-suspended': ({ username, at, region, suspendedUntil }) => ({
    subject: 'Your account is suspended',
    preview: 'You can’t sign in for now.',
    lead: `${hello(username)} Your account was suspended ${when({ at, region })}. You are signed out, and can’t sign in for now. Nothing in it was deleted.`,
    small: suspendedUntil
      ? [`The suspension ends on ${dayInWords(new Date(suspendedUntil), regionOf(region))}.`]
      : [],
    footer: [WHY],
  }),

  'account-restored': ({ username, at, region, signIn }) => ({
    subject: 'You can use your account again',
    preview: 'Sign in with the password you have.',
    lead: `${hello(username)} Your account was opened for you again ${when({ at, region })}. Everything in it is as it was.`,
    button: { text: 'Sign in', href: signIn },
    small: [],
    footer: ['Was it closed or suspended without you noticing? Then there is nothing to do.'],
  }),

  'account-removed': ({ username, at, region, closesAt }) => {
    const then = closesAt ? `on ${dayInWords(new Date(closesAt), regionOf(region))}` : 'soon'
    return {
      subject: `Your account will be erased ${then}`,
      preview: 'You can’t sign in any more.',
      lead: `${hello(username)} The people who run this service closed your account ${when({ at, region })}. You are signed out, and ${then} all that it holds will be erased, which can’t be undone.`,
      small: ['Until then nothing is deleted.'],
      footer: [WHY],
    }
  },

  'address-confirmed': ({ username, at, region, signIn }) => ({
    subject: 'Your email address is confirmed',
    preview: 'You can sign in with it.',
    lead: `${hello(username)} The people who run this service confirmed this address for your account ${when({ at, region })}. You can sign in with it, and set a new password by it.`,
    button: { text: 'Sign in', href: signIn },
    small: [],
    footer: [`Not your account? Turn to ${OPERATOR}.`],
  }),

  'address-replaced': ({ username, at, region, newAddress = 'another' }) => ({
    subject: 'Your email address was changed',
    preview: 'The people who run this service changed it.',
    lead: `${hello(username)} The people who run this service changed the email address of your account to ${unlinked(newAddress)} ${when({ at, region })}. Mails go there from now on.`,
    small: ['Your password stays as it is.'],
    footer: [`Didn’t ask for this? Turn to ${OPERATOR}.`],
  }),

  'username-changed': ({ username, at, region, signIn }) => ({
    subject: 'Your username was changed',
    preview: 'You sign in with the new one from now on.',
    lead: `${hello(username)} The people who run this service gave your account this username ${when({ at, region })}. You sign in with it from now on.`,
    button: { text: 'Sign in', href: signIn },
    small: ['Your password stays as it is.'],
    footer: [WHY],
  }),

  'role-changed': ({ username, at, region, role = 'member', signIn }) => {
    const { subject, lead, small } = roles[role]
    return {
      subject,
      preview: small,
      lead: `${hello(username)} The people who run this service changed your role ${when({ at, region })}. ${lead}.`,
      button: { text: 'Sign in', href: signIn },
      small: [small],
      footer: [`Didn’t expect this? Turn to ${OPERATOR}.`],
    }
  },
} satisfies Record<string, (content: Content) => Letter>
