type Question = { heading: string; lead: string; button: string; keep: string; danger?: true }

/** What is asked before an administrator does something to the person of this username, by its name in the address. */
export const questions = {
  suspend: (name) => ({
    heading: `Suspend ${name}?`,
    lead: 'They’ll be signed out now and can’t sign in until you lift the suspension. Nothing is deleted.',
    button: `Suspend ${name}`,
    keep: 'Keep as it is',
    danger: true,
  }),
  restore: (name) => ({
    heading: `Lift the suspension of ${name}?`,
    lead: 'They can sign in again with the password they have.',
    button: `Lift the suspension of ${name}`,
    keep: 'Keep it suspended',
  }),
  'send-reset': (name) => ({
    heading: `Send ${name} a password link?`,
    lead: 'We’ll email them a link to set a new password. The current one keeps working until then.',
    button: 'Send the link',
    keep: 'Don’t send it',
  }),
  'reset-link': (name) => ({
    heading: `Make a reset link for ${name}?`,
    lead: 'Whoever has it can set a new password for this account. Do this only if you’re sure who is asking, and hand it to nobody else.',
    button: 'Make a reset link',
    keep: 'Don’t make one',
  }),
  'reset-two-factor': (name) => ({
    heading: `Turn off two-step sign-in for ${name}?`,
    lead: 'Their authenticator, recovery codes and passkeys are removed, and they’re signed out. From then on their password alone gets them in; whoever has none needs a reset link too. Do this only if you’re sure who is asking. If their address is confirmed, we’ll email them that you did.',
    button: 'Turn it off',
    keep: 'Leave it on',
    danger: true,
  }),
} satisfies Record<string, (name: string) => Question>
