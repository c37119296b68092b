import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { answeringRoutes, send } from './support/requests.ts'
import { stage } from './support/stage.ts'

/** Columns that open something, or are what is left of what does. */
const SECRET = /hash$|^hash|secret|salt|digest|credentialId|publicKey|passkeyHandle/i

/** The secret columns of every model, as the schema has them. */
function secretColumns() {
  const schema = readFileSync('prisma/schema.prisma', 'utf8')
  return [...schema.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)].flatMap(([, model = '', body = '']) =>
    [...body.matchAll(/^ {2}(\w+) +(?:Bytes|String)/gm)]
      .map(([, column = '']) => ({ model, column }))
      .filter(({ column }) => SECRET.test(column)),
  )
}

/** Every form in which a value could be shown. */
function disguises(value: unknown): string[] {
  if (typeof value === 'string') return value ? [value, JSON.stringify(value).slice(1, -1)] : []
  if (!(value instanceof Uint8Array)) return []
  const bytes = Buffer.from(value)
  return [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url'), [...bytes].join(',')]
}

test('no administrators’ page, and none of its JSON, holds what opens an account', async () => {
  const { app, db, mona, theo, passkeys, elsewhere, mail } = await stage()
  const columns = secretColumns()
  expect(columns.length).toBeGreaterThan(10)
  const secrets = new Map<string, string>()
  for (const { model, column } of columns) {
    const rows = (await db.$queryRawUnsafe(`SELECT "${column}" AS "value" FROM "${model}"`)) as {
      value: unknown
    }[]
    for (const { value } of rows) for (const text of disguises(value)) secrets.set(text, `${model}.${column}`)
  }
  expect(new Set(secrets.values()).size).toBeGreaterThan(7)

  await db.user.update({ where: { id: mona.user.id }, data: { role: 'admin' } })
  const pages = answeringRoutes(app).filter(({ method, url }) => method === 'GET' && url.startsWith('/admin'))
  let read = 0
  for (const { url } of pages)
    for (const id of [theo.user.id, passkeys.paul.user.id, mona.user.id, mail.id])
      for (const accept of ['text/html', 'application/json']) {
        const path = url.replace(':id', id).replace(':session', elsewhere.id)
        const { body, statusCode } = await send(app, { url: path, cookie: mona.cookie, headers: { accept } })
        if (statusCode === 200) read++
        for (const [secret, where] of secrets)
          expect(body.includes(secret), `${path} holds ${where}`).toBe(false)
        if (accept === 'application/json') expect(body, path).not.toMatch(/"\w*(Hash|[tT]oken|[sS]ecret)":/)
      }
  expect(read).toBeGreaterThan(30)
})
