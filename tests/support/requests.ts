import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { z } from 'zod'
import type { buildApp } from '../../src/app.ts'
import type { Db } from '../../src/db/client.ts'

export type App = Awaited<ReturnType<typeof buildApp>>
type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'TRACE'

export const FORM = 'application/x-www-form-urlencoded'
export const JSON_TYPE = 'application/json'

type Request = {
  method?: string
  url: string
  cookie?: string
  type?: string
  body?: string | Buffer
  ip?: string
  headers?: Record<string, string>
}

/** One request, not redirected, as a browser on our own page sends it; `headers` override. */
export function send(app: App, { method = 'GET', url, cookie, type, body, ip, headers }: Request) {
  return app.inject({
    method: method as Method,
    url,
    ...(ip && { remoteAddress: ip }),
    headers: {
      host: 'localhost:3000',
      accept: type === JSON_TYPE ? 'application/json' : 'text/html',
      'sec-fetch-site': 'same-origin',
      ...(cookie && { cookie }),
      ...(type && { 'content-type': type }),
      ...headers,
    },
    ...(body !== undefined && { payload: body }),
  })
}

export type Answer = Awaited<ReturnType<typeof send>>

/** The routes that answer, by method: not those that only say 405. */
export function answeringRoutes(app: App) {
  return app.routes
    .filter(({ method }) => typeof method === 'string')
    .map(({ method, url, schema, config }) => ({
      method: String(method),
      url,
      access: config?.access ?? 'anyone',
      fields: Object.keys((schema?.body as z.ZodObject | undefined)?.shape ?? {}),
      hasSchema: schema?.body !== undefined,
    }))
}

/** A digest of every account, session, token, passkey and mail, without the times that looking at pages moves. */
export async function accountsIn(db: Db): Promise<string> {
  const rows = [
    await db.user.findMany({ orderBy: { id: 'asc' }, omit: { lastSeenAt: true } }),
    await db.session.findMany({ orderBy: { id: 'asc' }, omit: { lastSeenAt: true, expiresAt: true } }),
    await db.token.findMany({ orderBy: { id: 'asc' } }),
    await db.invitation.findMany({ orderBy: { id: 'asc' } }),
    await db.mail.findMany({ orderBy: { id: 'asc' } }),
    (await db.passkey.findMany({ orderBy: { id: 'asc' } })).map((row) => ({
      ...row,
      signCount: Number(row.signCount),
    })),
    await db.authenticator.findMany({ orderBy: { userId: 'asc' } }),
    await db.recoveryCode.findMany({ orderBy: { id: 'asc' } }),
  ]
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex')
}

/** A digest of all there is, the audit trail and the throttles too, but for the note that somebody was refused. */
export async function everythingIn(db: Db): Promise<string> {
  const audit = await db.auditEvent.findMany({
    where: { NOT: { event: { endsWith: 'refused' } } },
    orderBy: { id: 'asc' },
  })
  const throttles = await db.throttle.findMany({
    where: { NOT: { key: { contains: 'refused:' } } },
    orderBy: { key: 'asc' },
  })
  const others = throttles.map(({ key, tat }) => `${key} ${tat}`)
  return createHash('sha256')
    .update(await accountsIn(db))
    .update(JSON.stringify([audit, others]))
    .digest('hex')
}

/** What administrators take away or see of others: that leaves a trail, so these alone change something by a GET. */
export const ON_RECORD = [
  ...['/admin/users.csv', '/admin/users.jsonl', '/admin/audit.csv'],
  ...['/admin/audit', '/admin/users/:id'],
]

const CSP =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; " +
  "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type Headers = Record<string, number | string | string[] | undefined>

/** What every answer carries, whoever makes it and whatever it says (ASVS 5.0 3.4). */
export function expectOurHeaders(headers: Headers, at = '') {
  expect(headers, at).toMatchObject({
    'content-security-policy': CSP,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': expect.stringContaining('camera=()'),
  })
  expect(Object.keys(headers), at).not.toContain('x-powered-by')
  expect(Object.keys(headers), at).not.toContain('server')
  expect(
    Object.keys(headers).filter((name) => name.startsWith('access-control-')),
    at,
  ).toEqual([])
}

/** Nothing of our insides: no stack, no path of this machine, no SQL, no name of a library. */
export function expectNoInsides(body: string, at = '') {
  const insides =
    /\n\s+at \S|node_modules|file:\/\/|\.ts:\d|Prisma|FST_ERR|SQLITE|argon2|SELECT |INSERT |UPDATE "/
  expect(insides.exec(body)?.[0], at).toBeUndefined()
  expect(body.includes(process.cwd()), at).toBe(false)
}
