import { expect, onTestFinished, vi } from 'vitest'
import { startApp } from './app.ts'
import { addPerson } from './people.ts'
import { accountsIn } from './requests.ts'
import { SoftwarePasskey, storePasskey } from './software-passkey.ts'
import type { Visitor } from './visitor.ts'

export const ADD = '/account/passkeys'
export const LOGIN = '/login/passkey'
export const CONFIRM = '/account/confirm/passkey'

/** Ana, who is signed in and has a passkey, Ben likewise, and somebody who is not. */
export async function stage() {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const { app, db, visitor } = await startApp()
  const member = async (name: string) => {
    const { user, token, sessionId } = await addPerson(db, name)
    const passkey = new SoftwarePasskey()
    passkey.count = 5
    const { id } = await storePasskey(db, user, passkey)
    const browser = visitor()
    browser.cookies.set('foyer-session', token)
    return { user, passkey, id, browser, sessionId }
  }
  let networks = 0
  /** Of another network each time, so that no budget refuses first. */
  const stranger = () => visitor({ ip: `10.0.${networks >> 8}.${++networks & 255}` })
  return { app, db, stranger, ana: await member('ana.silva'), ben: await member('ben.silva') }
}

type Stage = Awaited<ReturnType<typeof stage>>

const say = (answer: object | string) => (typeof answer === 'string' ? answer : JSON.stringify(answer))

export async function send(visitor: Visitor, path: string, answer: object | string) {
  const name = path === ADD && { name: 'Another' }
  return visitor.request('POST', path, { credential: say(answer), ...name })
}

/** Does it, and sees that it is refused and that nothing has come of it: nobody in, nothing stored, no proof. */
export async function expectRefused({ db }: Stage, at: string, act: () => ReturnType<typeof send>) {
  const before = await accountsIn(db)
  const { statusCode, headers } = await act()
  expect(statusCode, at).toBe(422)
  const cookies = [headers['set-cookie'] ?? []].flat().map((line) => line.split('=')[0])
  expect(cookies, at).not.toContain('foyer-session')
  expect(await accountsIn(db), at).toBe(before)
}

/** The cookie of the challenge, sealed. */
export const HELD = 'foyer-passkey'
