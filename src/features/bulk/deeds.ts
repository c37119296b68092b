import type { Ask } from '../../accounts/as-admin.ts'
import { restore, suspend } from '../../accounts/suspend.ts'
import type { Db } from '../../db/client.ts'
import type { User } from '../../db/generated/sqlite/client.ts'

type Deed = {
  act: (db: Db, ask: Ask) => Promise<unknown>
  /** What is asked and told: `whom` is a name, “3 people”, or “everybody who matches”. */
  heading: (whom: string) => string
  lead: string
  button: (whom: string) => string
  keep: string
  danger?: true
  /** Whether it can be done to somebody, as it looks now, and why not. */
  fits: (user: User) => boolean
  unfit: string
  /** The notices that it is done: to one, of whom the name is told, and to many. */
  one: 'notice.suspended' | 'notice.restored'
  many: 'notice.people-suspended' | 'notice.people-restored'
}

/** What can be done to many people at once, by its name in forms. */
export const deeds = {
  suspend: {
    act: suspend,
    heading: (whom) => `Suspend ${whom}?`,
    lead: 'They’ll be signed out now and can’t sign in until you lift the suspension. Nothing is deleted.',
    button: (whom) => `Suspend ${whom}`,
    keep: 'Keep as they are',
    danger: true,
    fits: ({ status }) => status === 'active',
    unfit: 'Isn’t active',
    ...{ one: 'notice.suspended', many: 'notice.people-suspended' },
  },
  restore: {
    act: restore,
    heading: (whom) => `Lift the suspension of ${whom}?`,
    lead: 'They can sign in again with the password they have.',
    button: (whom) => `Lift the suspension of ${whom}`,
    keep: 'Keep them suspended',
    fits: ({ status }) => status === 'suspended',
    unfit: 'Isn’t suspended',
    ...{ one: 'notice.restored', many: 'notice.people-restored' },
  },
} satisfies Record<string, Deed>

export type DeedName = keyof typeof deeds

export const DEED_NAMES = Object.keys(deeds) as [DeedName, ...DeedName[]]
export const deedOf = (name: DeedName): Deed => deeds[name]
