/**
 * Every sentence that can answer a person's input, by its stable code. JSON answers carry the code
 * beside the sentence; pages show the sentence. `{…}` is filled in. Voice: say what to do.
 */
export const messages = {
  'field.text': 'Send this once, as text; in JSON, between quotes',
  'field.unknown': 'This form has no such field',
  'field.characters': 'Leave out control characters',
  'field.too-long': 'Make it {max} characters or fewer',

  'id.form': 'Send an id as it was told, like 01a2041c-1c21-76c9-aecb-6fc39fe8881d',

  'day.form': 'Use a date like 2026-12-24',
  'day.past': 'Choose a date in the future',

  'username.missing': 'Choose a username',
  'username.short': 'Make it {min} characters or more',
  'username.long': 'Make it {max} characters or fewer',
  'username.characters': 'Use only letters, numbers, dots, hyphens or underscores',
  'username.ends': 'Start and end with a letter or a number',
  'username.start': 'Start with a letter',
  'username.mixed': 'Use letters and numbers of one alphabet',
  'username.direction': 'Use letters that are written in one direction',
  'username.taken': 'That username is taken. Try another',
  'username.taken-or-pick': 'That username is taken. Try another, or pick one below',
  'username.same': 'That is already your username',
  'username.unchanged': 'That is already their username',
  'username.again': 'You can change your username again on {date}',
  'username.reserved': 'That username is kept for the service. Try another',

  'role.unknown': 'Choose a role from the list',
  'role.same': 'That is already their role',

  'date.form': 'Use a date like 22/11/2026',
  'date.order': 'Choose a “From” date before the “To” date',

  'language.unknown': 'Choose a language from the list',
  'time-zone.unknown': 'Choose a time zone from the list',

  'email.missing': 'Enter your email address',
  'email.form': 'Enter your full email address, like name@example.org',
  'email.long': 'Make it 254 characters or fewer',
  'email.local-long': 'Make the part before the @ 64 characters or fewer',
  'email.domain': 'We can’t send email to “{domain}”. Check the part after the @',
  'email.not-allowed': 'Use an address ending in {domains}',
  'email.blocked': 'Use an address you’ll keep. Addresses of that kind don’t work here',
  'email.same': 'That is already your address',
  'email.unchanged': 'That is already their address',
  'email.taken': 'That address already belongs to an account',

  'invite.missing': 'Enter at least one email address',
  'invite.address': 'Check this address: “{text}”',
  'invite.many': 'Send up to 100 at a time. You entered {n}',
  'invite.known': '{email} already has an account',
  'invite.known-several': '{emails} already have an account',
  'invite.not-allowed': 'Accounts here can’t have this address: {email}',
  'invite.several': '{problems}',
  'invite.days': 'Choose how long the link works from the list',
  'invite.uses': 'Enter a whole number from 1 to 1000',
  'invite.fixed': 'This invitation is for {email}',

  'password.missing': 'Choose a password',
  'password.short': 'Make it {min} characters or more. It has {n}',
  'password.long': 'Make it {max} characters or fewer. It has {n}',
  'password.characters': 'Leave out control characters and broken symbols',
  'password.common': 'That password has turned up in a data leak. Choose one you don’t use anywhere else',
  'password.guessable': 'That password is easy to guess. Try three random words',
  'password.context': 'Leave your username, your email address and “{brand}” out of it',
  'password.same': 'Choose one that is different from your current password',

  'current.missing': 'Type your password',
  'current.mismatch': 'That isn’t your current password. Try again',

  'login.missing': 'Enter your email address or username',
  'login.password-missing': 'Type your password',
  'login.mismatch':
    'Those details don’t match an account. Check your email or username, then type your password again',

  'people.none-selected': 'Select at least one person first',
  'login.waiting': 'Your account still waits for approval. You can sign in once somebody has looked at it',

  'code.missing': 'Type the 6-digit code',
  'code.form': 'The code is 6 digits, like 294016',
  'code.wrong': 'That code didn’t work. Check it, or ask for a new one',
  'code.not-now': 'That code didn’t work. Wait for a new one, then type it',
  'code.recovery-wrong': 'That recovery code didn’t work, or was used before. Try another',
  'code.new-key': 'That took a while. Scan the new code above, then type what your app shows',

  'passkey.unfinished': 'That didn’t finish. Try again, or use your password',
  'passkey.known': 'This passkey is already on your account',
  'passkey.unknown': 'We don’t know that passkey. Try another, or use your password',

  'terms.missing': 'Agree to the terms to go on',
  'terms.changed': 'The terms have changed meanwhile. Read them, then agree',

  'setting.fixed': 'Set by {variable} in the environment, so it can’t be changed here',
  'setting.changed': 'Somebody else has changed this meanwhile. Look at what holds now, then save again',
  'color.form': 'Use a colour like #0d5c63',
  'link.form': 'Enter a full web address, like https://example.org',
  'choice.unknown': 'Choose one from the list',
  'choice.one-of': 'Choose one of: {choices}',
  'domains.form': 'Check this: “{text}”. Use domains like example.org, with commas between',
  'domains.need-email': 'Only where addresses must be confirmed (EMAIL=required) can this be set',
  'period.range': 'Make it a whole number from {min} to {max}',
  'logo.form': 'Paste the whole text of an SVG file, from <svg to </svg>',
  'logo.empty': 'That draws nothing. Paste an SVG with shapes in it',
  'logo.part': 'Leave “{part}” out. A logo is made of shapes, groups and gradients',

  'notice.welcome': 'Welcome, {name}. Your account is ready.',
  'notice.invited-already':
    'You’re signed in already, as {name}. To accept the invitation as somebody else, sign out and open it again.',
  'notice.link-sent': 'We’ve sent the link again.',
  'notice.email-confirmed': 'Email address confirmed.',
  'notice.session-over':
    'You were signed out meanwhile. Sign in and look: if it isn’t done, do it once more.',
  'notice.sign-in-first': 'Sign in first, then confirm the address.',
  'notice.sign-in-to-confirm': 'Now sign in with the password you chose, and your address is confirmed.',
  'notice.confirmed': 'Thank you, that’s you. Nothing has been done yet: go on here.',
  'notice.signed-out': 'You’re signed out.',
  'notice.password-reset': 'Password saved. Sign in with it.',
  'notice.confirm-address': 'We’ve sent a link to that address. Open it to confirm that it’s yours.',
  'notice.email-change-cancelled': 'Your address stays as it is.',
  'notice.email-kept':
    'Your address is kept, and everybody is signed out. We’ve emailed you how to get back in.',
  'notice.two-factor-required': 'Set up two-step sign-in first. This service asks for it.',
  'notice.session-ended': '{name} is signed out.',
  'notice.other-ended': 'You’re signed out on 1 other device.',
  'notice.others-ended': 'You’re signed out on {n} other devices.',
  'notice.only-here': 'You’re signed in nowhere else.',
  'notice.two-factor-off': 'Two-step sign-in is off.',
  'notice.two-factor-reset': 'Two-step sign-in turned off for {name}.',
  'notice.name-changed': 'Name changed.',
  'notice.username-changed': 'Username changed to {name}.',
  'notice.region-changed': 'Language and region changed.',
  'notice.password-changed': 'Password changed. You’re signed out on your other devices.',
  'notice.account-closing':
    'Your account is closed, and will be erased on {date}. Sign in before then to keep it.',
  'notice.account-kept': 'Welcome back. Your account will not be deleted.',
  'notice.password-removed': 'Password removed. You’re signed out on your other devices.',
  'notice.passkey-added': 'Passkey “{name}” added. You can use it next time you sign in.',
  'notice.passkey-renamed': 'Name changed.',
  'notice.passkey-removed': 'Passkey “{name}” removed.',
  'notice.signed-out-everywhere': '{name} is signed out everywhere.',
  'notice.signed-out-there': 'Signed out of {device}.',
  'notice.proof-sent-again': 'Link to confirm the address sent to {name} again.',
  'notice.address-confirmed': 'The address of {name} is confirmed.',
  'notice.address-replaced': 'Email address changed to {email}.',
  'notice.now-admin': '{name} is now an administrator.',
  'notice.now-support': '{name} is now in support.',
  'notice.now-member': '{name} is now a member.',
  'notice.to-be-erased': '{name} will be erased on {date}.',
  'notice.kept': '{name} is kept.',
  'notice.suspended': '{name} is suspended.',
  'notice.suspended-until': '{name} is suspended until {date}.',
  'notice.reset-sent': 'Password link sent to {name}.',
  'notice.restored': 'Suspension lifted for {name}.',
  'notice.people-suspended': '{n} people are suspended.',
  'notice.people-restored': 'Suspension lifted for {n} people.',
  'notice.people-signed-out-everywhere': '{n} people are signed out everywhere.',
  'notice.people-reset-sent': 'Password link sent to {n} people.',
  'notice.people-proof-sent-again': 'Link to confirm the address sent to {n} people again.',
  'notice.erased-in': '{whom} will be erased in {time}.',
  'notice.job-paused': 'Paused. Nobody else is changed until you resume it.',
  'notice.job-resumed': 'Resumed.',
  'notice.job-cancelled': 'Stopped. What was done stays done.',
  'notice.some-changed': '{n} of {m} people changed. The rest were changed by someone else meanwhile.',
  'notice.some-refused': '{n} of {m} people changed. About the rest: {why}',
  'notice.person-approved': '{name} can sign in now.',
  'notice.people-approved': '{n} people can sign in now.',
  'notice.person-rejected': '{name} is turned away.',
  'notice.people-rejected': '{n} people are turned away.',
  'notice.settings-saved': 'Settings saved.',
  'notice.terms-published': 'These terms hold from now on. Members are asked to agree at their next page.',
  'notice.terms-same': 'Nothing was changed, so nobody is asked to agree again.',
  'notice.terms-none': 'There are no terms any more. Nobody is asked to agree.',
  'notice.terms-agreed': 'Thank you. You have agreed to the terms.',
  'notice.invited': 'Invitation sent to {email}.',
  'notice.invited-several': '{n} invitations sent.',
  'notice.invitation-cancelled': 'Invitation cancelled.',
  'notice.user-made': 'Account made for {name}. We’ve sent them a link to choose a password.',
  'notice.mail-sent-again': 'That mail is waiting to be sent again.',

  'notice.link-stays': 'There is no mail server here, so the link wasn’t sent. Ask an administrator for it.',
  'notice.confirm-address-stays':
    'There is no mail server here, so the link to confirm that address wasn’t sent. Ask an administrator for it.',
  'notice.email-kept-stays':
    'Your address is kept, and everybody is signed out. Ask an administrator for a link to choose a new password: there is no mail server here.',
  'notice.reset-stays':
    'There is no mail server, so the password link for {name} stays here. An administrator can open it under “Mail” and hand it over.',
  'notice.people-resets-stay':
    'There is no mail server, so the password links for {n} people stay here. Open each under “Mail” to hand it over.',
  'notice.proof-stays':
    'There is no mail server, so the link to confirm the address of {name} stays here. Open it under “Mail” to hand it over.',
  'notice.people-proofs-stay':
    'There is no mail server, so the links to confirm the addresses of {n} people stay here. Open each under “Mail” to hand it over.',
  'notice.invitation-stays':
    'There is no mail server, so the invitation for {email} stays here. Open it under “Mail” to hand it over.',
  'notice.invitations-stay':
    'There is no mail server, so the {n} invitations stay here. Open each under “Mail” to hand it over.',
  'notice.user-made-stays':
    'Account made for {name}. There is no mail server, so the link to choose a password stays here. Open it under “Mail” to hand it over.',
} as const

export type MessageCode = keyof typeof messages

/** What is true in the place of these where there is no mail server: the mail stays in the outbox. */
export const unsent: Partial<Record<MessageCode, MessageCode>> = {
  'notice.link-sent': 'notice.link-stays',
  'notice.confirm-address': 'notice.confirm-address-stays',
  'notice.email-kept': 'notice.email-kept-stays',
  'notice.reset-sent': 'notice.reset-stays',
  'notice.people-reset-sent': 'notice.people-resets-stay',
  'notice.proof-sent-again': 'notice.proof-stays',
  'notice.people-proof-sent-again': 'notice.people-proofs-stay',
  'notice.invited': 'notice.invitation-stays',
  'notice.invited-several': 'notice.invitations-stay',
  'notice.user-made': 'notice.user-made-stays',
}

type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never

/** What a message needs filled in: `{min, n}` for 'password.short', nothing for most. */
type MessageParams<Code extends MessageCode> = Record<Placeholders<(typeof messages)[Code]>, string | number>

/** A message and what fills it, to be put into words where it is shown. */
export type Message = { code: MessageCode; params: Record<string, string | number> }

/** Names a message; leaving out a placeholder is a type error. */
export function message<Code extends MessageCode>(
  code: Code,
  ...[params]: [Placeholders<(typeof messages)[Code]>] extends [never] ? [] : [MessageParams<Code>]
): Message {
  return { code, params: params ?? {} }
}

/** The sentence of a message. */
export function inWords({ code, params }: Message): string {
  return messages[code].replace(/\{(\w+)\}/g, (_, name) => String(params[name]))
}
