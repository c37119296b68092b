import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Db } from '../src/db/client.ts'
import { Prisma } from '../src/db/generated/sqlite/client.ts'
import { codeIn, linkIn } from './support/mailbox.ts'
import { addMail, startMail } from './support/outbox.ts'
import { addPerson } from './support/people.ts'

describe('what the mail server is handed', () => {
  test('says who it is from, that a program wrote it, and what it says twice', async () => {
    const from = 'Foyer of the House <accounts@house.example>'
    const { db, sink, deliverDue } = await startMail({ MAIL_FROM: from })
    const { id } = await addMail(db, 'ana@example.org')
    await deliverDue()
    const [arrived] = sink.arrived
    expect(arrived?.from).toBe('accounts@house.example')
    expect(arrived?.mail).toMatchObject({
      from: { text: '"Foyer of the House" <accounts@house.example>' },
      messageId: `<${id}@house.example>`,
      subject: 'Your password was changed',
      text: expect.stringContaining('password'),
      html: expect.stringContaining('password'),
      attachments: [],
    })
    expect(arrived?.mail.headers.get('auto-submitted')).toBe('auto-generated')
  })

  test.each([
    "o'neil+tag@example.org",
    'Ana.SILVA@example.org',
    '!#$%&*/=?^_`{|}~-@example.org',
    '=?utf-8?q?mallory=40example.com?=@example.org',
    `${'l'.repeat(64)}@${'label.'.repeat(30)}example`,
    'ana@xn--mnchen-3ya.example',
  ])('goes to %s, spelled as it is stored, and to nobody else', async (address) => {
    const { db, sink, deliverDue } = await startMail()
    await addMail(db, address)
    await deliverDue()
    expect(sink.arrived.map(({ to }) => to)).toEqual([[address]])
    const header = sink.arrived[0]?.mail.headerLines.find(({ key }) => key === 'to')
    expect(header?.line.replace(/\s+/g, ' ')).toBe(`To: ${address}`)
  })

  test.each([
    'ana@example.org,mallory@example.com',
    'ana@example.org, Mallory <mallory@example.com>',
    'Friends: mallory@example.com;',
    '<mallory@example.com>ana@example.org',
    'ana@example.org\r\nRCPT TO:<mallory@example.com>',
  ])('is never read as more than one address: %j', async (address) => {
    const { db, sink, deliverDue } = await startMail()
    await addMail(db, address)
    await deliverDue()
    expect(sink.arrived.map(({ to }) => to)).toEqual([])
    const refused = expect.stringContaining('Bad recipient address syntax')
    expect(await db.mail.findFirst()).toMatchObject({ state: 'failed', lastError: refused })
  })

  test.each(['\r\n', '\n', '\r', '\r\n.\r\n'])(
    'takes no header and no recipient from a name with %j in it',
    async (end) => {
      const trap = `Bcc: mallory@example.com${end}RCPT TO:<mallory@example.com>`
      const { db, sink, deliverDue } = await startMail({ BRAND_NAME: `House${end}Bcc: mallory@example.com` })
      const { user } = await addPerson(db, 'ana.silva', { email: 'ana@example.org' })
      const { id } = await addMail(db, 'ana@example.org', 'password-changed', { device: `x${end}${trap}` })
      await db.user.update({ where: { id: user.id }, data: { username: `ana${end}${trap}` } })
      await db.mail.update({ where: { id }, data: { userId: user.id } })
      await deliverDue()
      expect(sink.arrived.map(({ to }) => to)).toEqual([['ana@example.org']])
      const names = sink.arrived[0]?.mail.headerLines.map(({ key }) => key)
      expect(names).toEqual([
        ...['auto-submitted', 'from', 'to', 'subject', 'message-id', 'date', 'mime-version', 'content-type'],
      ])
    },
  )
})

/** Every cell of every table, as text; bytes in hex. */
async function everythingStored(db: Db): Promise<string[]> {
  const tables = Object.values(Prisma.ModelName)
  const rows = await Promise.all(
    tables.map((table) => db.$queryRawUnsafe<Record<string, unknown>[]>(`SELECT * FROM "${table}"`)),
  )
  return rows
    .flat()
    .flatMap((row) =>
      Object.values(row).map((cell) =>
        cell instanceof Uint8Array
          ? Buffer.from(cell).toString('hex')
          : JSON.stringify(cell, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      ),
    )
}

describe('of a mail that was sent', () => {
  test('the database keeps neither the link nor the code, in any form', async () => {
    const { db, sink, deliverDue, visitor } = await startMail()
    await visitor().signUp('ana.silva', { email: 'ana@example.org' })
    await deliverDue()
    const message = sink.arrived[0]?.mail
    const token = linkIn(message).replace(/.*token=/, '')
    const code = codeIn(message)
    expect([token, code]).toEqual([expect.stringMatching(/^[\w-]{43}$/), expect.stringMatching(/^\d{6}$/)])

    const cells = await everythingStored(db)
    expect(cells).toContain('"ana@example.org"')
    const bytes = Buffer.from(token, 'base64url')
    const forms = [
      token,
      ...(['hex', 'base64'] as const).flatMap((form) =>
        [bytes, Buffer.from(token)].map((b) => b.toString(form)),
      ),
    ]
    for (const form of forms) expect(cells.filter((cell) => cell.includes(form))).toEqual([])
    // As a word of its own: six digits in a row can stand in a hash by chance.
    const word = new RegExp(`(?<![0-9a-f])(${code}|${Buffer.from(code).toString('hex')})(?![0-9a-f])`)
    expect(cells.filter((cell) => word.test(cell))).toEqual([])
  })

  test('the code can’t be found by trying all there are, without the key that is not in the database', async () => {
    const { app, db, sink, deliverDue, visitor } = await startMail()
    await visitor().signUp('ana.silva', { email: 'ana@example.org' })
    await deliverDue()
    const code = codeIn(sink.arrived[0]?.mail)
    const token = await db.token.findFirstOrThrow()
    const stored = Buffer.from(token.codeHash ?? []).toString('hex')
    // Whoever tries a million codes tries this one too: it is enough to see that it can’t be recognised.
    const known = ['', ':', '.', '-', '|', '\0'].flatMap((between) =>
      [token.id, token.userId, token.address, token.purpose, 'ana.silva', ''].flatMap((salt) => [
        `${salt}${between}${code}`,
        `${code}${between}${salt}`,
      ]),
    )
    const tokenHash = Buffer.from(token.tokenHash)
    const keys = [
      '',
      '\0',
      'secret',
      'foyer',
      code,
      token.id,
      token.userId ?? '',
      tokenHash,
      tokenHash.toString('hex'),
    ]
    const guesses = known.flatMap((text) => [
      ...['sha256', 'sha512-256', 'sha3-256', 'blake2s256'].map((hash) =>
        createHash(hash).update(text).digest('hex'),
      ),
      ...keys.map((key) => createHmac('sha256', key).update(text).digest('hex')),
    ])
    expect(guesses).not.toContain(stored)
    const withKey = known.map((text) => createHmac('sha256', app.secretKeys[0]).update(text).digest('hex'))
    expect(withKey).toContain(stored)
  })
})
