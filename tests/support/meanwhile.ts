import type { Db } from '../../src/db/client.ts'
import type { App } from './requests.ts'

type Change = () => Promise<unknown>

/** Lets something happen after a typed password was weighed against a stored one, before what follows from it. */
export function afterEachVerification(app: App, change: Change) {
  const { passwords } = app
  const verify = async (stored: string, typed: string) => {
    const matches = await passwords.verify(stored, typed)
    await change()
    return matches
  }
  app.passwords = { ...passwords, verify }
}

/**
 * Lets something happen, or fail, before each look-up of a person by id: after the guard of the
 * administrators' pages, which looks up a session.
 */
export function beforeEachPerson(app: App, change: Change) {
  const findUnique = async <Args, Result>({ args, query }: { args: Args; query: (args: Args) => Result }) => {
    await change()
    return query(args)
  }
  app.db = app.db.$extends({ query: { user: { findUnique } } }) as unknown as Db
}

/** Lets something happen before each transaction, such as that of each of many people to whom something is done. */
export function beforeEachTransaction(app: Pick<App, 'db'>, change: Change) {
  const { db } = app
  const transaction = async (...args: Parameters<Db['$transaction']>) => {
    await change()
    return db.$transaction(...args)
  }
  app.db = new Proxy(db, {
    get: (target, key) => (key === '$transaction' ? transaction : Reflect.get(target, key)),
  })
}

/** The passwords weighed against the hash of an account from now on: not those of a name that nobody has. */
export function countGuesses(app: App) {
  const guesses = { count: 0 }
  afterEachVerification(app, async () => void guesses.count++)
  return guesses
}

/** What the app logs as errors while it answers, from now on. */
export function errorLog(app: App) {
  const errors: unknown[] = []
  const error = (logged: unknown) => void errors.push(logged)
  const child = app.log.child.bind(app.log)
  app.log.child = (bindings, options) => Object.assign(child(bindings, options), { error })
  return errors
}
