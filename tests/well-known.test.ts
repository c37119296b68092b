import { expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { addPerson } from './support/people.ts'
import { send } from './support/requests.ts'

test('password managers find where a password is changed and where passkeys are', async () => {
  const { app, db } = await startApp({ BASE_URL: 'https://accounts.example.org' })
  const { cookie } = await addPerson(db, 'ana.silva')
  for (const who of ['', cookie.replace('foyer-', '__Host-foyer-')]) {
    const get = (url: string) =>
      send(app, { url, cookie: who, headers: { host: 'accounts.example.org', accept: '*/*' } })
    const change = await get('/.well-known/change-password')
    expect([change.statusCode, change.headers.location]).toEqual([303, '/account/password'])
    const passkeys = 'https://accounts.example.org/account/passkeys'
    expect((await get('/.well-known/passkey-endpoints')).json()).toEqual({
      enroll: passkeys,
      manage: passkeys,
    })
  }
})
