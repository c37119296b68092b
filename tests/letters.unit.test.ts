import { parseHTML } from 'linkedom'
import { simpleParser } from 'mailparser'
import nodemailer from 'nodemailer'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { describeDevice } from '../src/accounts/device.ts'
import { type Content, type Letter, letters, type MailKind } from '../src/mail/letters.ts'
import { renderLetter } from '../src/mail/render.ts'
import { timeLeft } from '../src/mail/words.ts'
import { days, fromNow, hours, minutes, seconds } from '../src/time.ts'
import fc from './support/fast-check.ts'

const SITE = 'https://accounts.example.org'
const brand = { name: 'Foyer', host: 'accounts.example.org', url: 'https://example.org/help' }
const content: Content = {
  username: 'ana.silva',
  device: 'Firefox on Linux',
  ip: '203.0.113.7',
  newAddress: 'ana@new.example',
  service: 'Foyer',
  invitedBy: 'Mira Okafor',
  at: new Date('2026-11-22T10:41:30Z'),
  link: `${SITE}/somewhere?token=k3JxW9vQ2mTz7bLr-k3JxW9vQ2mTz7bLrk3JxW9v_Q2m`,
  linkWorksFor: '72 hours',
  code: '294016',
  closesAt: '2026-11-29T10:41:30Z',
  suspendedUntil: '2026-12-24T00:00:00Z',
  role: 'admin',
  signIn: `${SITE}/login`,
  forgotPassword: `${SITE}/forgot-password`,
  requests: `${SITE}/admin/requests`,
}
const kinds = Object.keys(letters) as MailKind[]
const write = (kind: MailKind, changed: Partial<Content> = {}): Letter =>
  letters[kind]({ ...content, ...changed })

const oneLine = (text: string) => text.replace(/\s+/g, ' ')
const asRead = (text: string) => oneLine(text.replaceAll('\u2060', ''))

/** The letter in both forms, and the HTML as a mail program reads it. */
function render(letter: Letter, from: Parameters<typeof renderLetter>[1] = brand) {
  const { html, text } = renderLetter(letter, from)
  const { document } = parseHTML(html)
  const hrefs = [...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))
  return { html, text, document, hrefs, shown: oneLine(document.body.textContent ?? '') }
}

const sentences = ({ subject, lead, button, code, small, link, footer }: Letter) =>
  [subject, lead, button?.text, code?.text, code?.digits, ...small, link?.text, ...footer].filter(
    (sentence) => sentence !== undefined,
  )

test.each<[MailKind, string]>([
  ['verify-email', 'Confirm your email address'],
  ['already-registered', 'You already have an account'],
  ['invitation', 'Mira Okafor invited you to Foyer'],
  ['account-made', 'An account was made for you'],
  ['reset-password', 'Set a new password'],
  ['reset-by-passkey', 'Sign in with your passkey'],
  ['password-changed', 'Your password was changed'],
  ['email-changing', 'Your email address is changing'],
  ['new-sign-in', 'New sign-in from Firefox on Linux'],
  ['password-removed', 'Your password was removed'],
  ['passkey-added', 'A passkey was added'],
  ['passkey-removed', 'A passkey was removed'],
  ['two-factor-on', 'Two-step sign-in was turned on'],
  ['two-factor-off', 'Two-step sign-in was turned off'],
  ['two-factor-reset', 'Two-step sign-in was turned off'],
  ['recovery-code-used', 'A recovery code was used'],
  ['recovery-codes-made', 'New recovery codes were made'],
  ['account-suspended', 'Your account is suspended'],
  ['account-closing', 'Your account will be erased on 29 November 2026'],
  ['account-kept', 'Your account will not be deleted'],
  ['account-deleted', 'Your account is closed'],
  ['account-removed', 'Your account will be erased on 29 November 2026'],
  ['account-restored', 'You can use your account again'],
  ['address-confirmed', 'Your email address is confirmed'],
  ['address-replaced', 'Your email address was changed'],
  ['username-changed', 'Your username was changed'],
  ['role-changed', 'You are an administrator now'],
  ['requests-waiting', 'Sign-ups wait for your approval'],
  ['request-approved', 'You can sign in now'],
  ['request-rejected', 'Your sign-up was not approved'],
])('%s is called “%s”', (kind, subject) => {
  expect(write(kind).subject).toBe(subject)
})

describe.each(kinds)('%s', (kind) => {
  test('says the same in HTML and in plain text', () => {
    const letter = write(kind)
    const { text, shown } = render(letter)
    expect(shown).toContain(letter.preview)
    for (const sentence of sentences(letter)) {
      expect(shown).toContain(sentence)
      expect(oneLine(text)).toContain(sentence)
    }
  })

  test('leads nowhere but where it says, by links that are whole in both', () => {
    const { button, link } = write(kind)
    const { text, hrefs } = render(write(kind))
    const ways = [button?.href, link?.href].filter((href) => href !== undefined)
    expect(new Set(hrefs)).toEqual(new Set([...ways, brand.url]))
    expect(text.split('\n').filter((line) => line.startsWith('https:'))).toEqual(ways)
  })

  test('greets who it is for, and ends with what to do if it was not them', () => {
    const { lead, footer } = write(kind)
    expect(asRead(lead)).toMatch(/^Hello ana\.silva\. /)
    expect(footer.join(' ')).toMatch(/\?/)
  })

  test('is whole without the facts that may be unknown', () => {
    const { username: _, device: _device, ip: _ip, newAddress: _address, ...known } = content
    const letter = letters[kind](known)
    expect(letter.lead).toMatch(/^Hello\. /)
    expect(sentences(letter).join('\n')).not.toMatch(/undefined|, ,|,\.| {2}| (using|from|to) ?([.,]|$)/m)
  })
})

test.each<MailKind>(['reset-password', 'password-changed', 'new-sign-in'])('%s says from where', (kind) => {
  const place = 'at 10:41 UTC on 22 November 2026, using Firefox on Linux, from 203.0.113.7.'
  expect(write(kind).lead).toContain(place)
  expect(write(kind, { place: 'Lisbon, Portugal' }).lead).toContain('from 203.0.113.7 near Lisbon, Portugal.')
})

test('a sign-up can be confirmed by a code, large and in one piece; an address of an account only by link', () => {
  const { document, text } = render(write('verify-email'))
  const large = [...document.querySelectorAll('p')].find((p) => p.innerHTML === '294016')
  expect(large?.getAttribute('style')).toMatch(/letter-spacing/)
  expect(text).toContain('\n\n294016\n\n')
  expect(write('verify-email', { code: '' }).code).toBeUndefined()
  expect(write('verify-email', { code: '' }).small.join()).toContain('72 hours')
})

test('the plain text reads like this', () => {
  expect(`\n${render(write('verify-email', { username: 'ana' })).text}`).toBe(`
Confirm your email address

Hello ana. Confirm your address to finish creating your account.

Confirm my address:

https://accounts.example.org/somewhere?token=k3JxW9vQ2mTz7bLr-k3JxW9vQ2mTz7bLrk3JxW9v_Q2m

Or type this code on the page where you signed up. It works for 10
minutes:

294016

The link works once, for 72 hours. On another device it asks for your
password.

Didn’t sign up? Someone may have typed your address by mistake.
Ignore this message and no account will be made.
Need help? Ask us: https://example.org/help

--${' '}
Foyer, accounts.example.org
`)
})

test('help is offered only where the operator has named a place for it', () => {
  const { html, text } = renderLetter(write('verify-email'), { ...brand, url: undefined })
  expect(html + text).not.toMatch(/help/i)
})

describe('what people typed', () => {
  test.each(['evil.example', 'www.evil.com', 'a.b-c.evil.com', '我.中国'])(
    '%s is no link, but reads the same',
    (name) => {
      const { lead } = write('email-changing', { username: name, newAddress: `x@${name}` })
      expect(asRead(lead)).toContain(`Hello ${name}.`)
      expect(asRead(lead)).toContain(` x@${name} `)
      expect(lead).not.toMatch(/[\p{L}\p{N}][.@][\p{L}\p{N}]/u)
    },
  )

  test.each(['<b>', '<img src=x>', '"><script>', '&lt;', "'", '<%= 1 %>'])('%s stays text', (username) => {
    const { document, shown } = render(write('verify-email', { username }))
    expect(asRead(shown)).toContain(`Hello ${username}. `)
    expect(document.querySelectorAll('b, img, script')).toHaveLength(0)
  })

  test('begins no paragraph and no signature', () => {
    const { text } = render(write('verify-email', { username: 'x\r\n\r\nPay here\n-- \ny' }))
    expect(text.split('\n\n')[1]).toMatch(/^Hello x Pay here -- y\. Confirm/)
  })

  test('does not reach the head of a mail, which arrives as it was written', async () => {
    const evil = 'x\r\nBcc: evil@evil.example\r\n\r\n<b>'
    const transport = nodemailer.createTransport({ streamTransport: true, buffer: true })
    for (const kind of kinds) {
      const letter = write(kind, {
        username: evil,
        newAddress: evil,
        device: describeDevice(`Firefox/${evil}`),
      })
      const rendered = renderLetter(letter, brand)
      const mail = { from: 'foyer@example.org', to: 'ana@example.org', subject: letter.subject, ...rendered }
      const { message } = await transport.sendMail(mail)
      const arrived = await simpleParser(message as Buffer)
      expect([...arrived.headers.keys()].sort()).toEqual([
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'subject',
        'to',
      ])
      const { subject, text, html } = arrived
      expect({ subject, text, html }).toEqual({
        subject: letter.subject,
        text: rendered.text,
        html: rendered.html.replaceAll('\r\n', '\n'),
      })
    }
  })
})

test('holds for anything that can be known of a deed', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), fc.emailAddress())
  const facts = fc.record(
    {
      username: anything,
      device: fc.string().map(describeDevice),
      ip: fc.oneof(fc.ipV4(), fc.ipV6()),
      place: fc.constantFrom('Lisbon, Portugal', 'Saint Barthélemy'),
      newAddress: anything,
    },
    { requiredKeys: [] },
  )
  const outline = (page: Document) => [...page.querySelectorAll('*')].map(({ localName }) => localName)
  const codes = ['', '012345']
  const usual = new Map(
    kinds.flatMap((kind) =>
      codes.map((code) => {
        const { document, hrefs } = render(write(kind, { code }))
        return [kind + code, { outline: outline(document), hrefs }] as const
      }),
    ),
  )
  fc.assert(
    fc.property(fc.constantFrom(...kinds), facts, fc.constantFrom(...codes), (kind, known, code) => {
      const { username: _, device: _device, ip: _ip, newAddress: _address, ...rest } = content
      const letter = letters[kind]({ ...rest, ...known, code }) as Letter
      const { text, shown, document, hrefs } = render(letter)
      expect(letter.subject).toMatch(/^[\w\p{L} ’,-]+$/u)
      for (const sentence of sentences(letter).map(oneLine)) {
        expect(oneLine(text)).toContain(sentence)
        expect(shown).toContain(sentence)
      }
      expect(text.split('\n').filter((line) => line.length > 72 && line.includes(' '))).toEqual([])
      expect({ outline: outline(document), hrefs }).toEqual(usual.get(kind + code))
    }),
    { numRuns: 100 },
  )
})

describe('how long a link works', () => {
  afterEach(() => vi.useRealTimers())

  test.each([
    [days(7), '7 days'],
    [hours(72), '72 hours'],
    [hours(24) - seconds(5), '24 hours'],
    [hours(42) - minutes(2), '41 hours'],
    [hours(1), '1 hour'],
    [minutes(30), '30 minutes'],
  ])('%i ms are %s', (left, words) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    expect(timeLeft(fromNow(left))).toBe(words)
  })
})
