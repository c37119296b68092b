import { describe, expect, test } from 'vitest'
import { applySettings, type Config, readConfig } from '../src/config.ts'
import { cleanSvg } from '../src/features/settings/clean-svg.ts'
import { prepareSetting } from '../src/features/settings/prepare-setting.ts'
import { days } from '../src/time.ts'
import { cpuTime } from './support/cpu-time.ts'

type Row = [name: string, given: string, stored: string, read: (config: Config) => unknown, shown: unknown[]]

/** By name: what the environment says, what is stored, and how each and the default show. */
const settings: Row[] = [
  ['BRAND_NAME', 'Env', 'Stored', ({ brand }) => brand.name, ['Env', 'Stored', 'Foyer']],
  ['BRAND_COLOR', '#111111', '#222222', ({ brand }) => brand.color, ['#111111', '#222222', undefined]],
  ['LAMP_COLOR', '#111111', '#222222', ({ brand }) => brand.lamp, ['#111111', '#222222', undefined]],
  [
    'BRAND_URL',
    'https://a.org',
    'https://b.org',
    ({ brand }) => brand.url,
    ['https://a.org', 'https://b.org'],
  ],
  ['SIGN_UP', 'closed', 'open', ({ signUp }) => signUp, ['closed', 'open', 'open']],
  ['SIGN_UP', 'open', 'closed', ({ signUp }) => signUp, ['open', 'closed', 'open']],
  [
    'BLOCKED_EMAIL_DOMAINS',
    'a.org',
    'b.org',
    (config) => config.emailDomains.blocked,
    [['a.org'], ['b.org'], []],
  ],
  ['KEEP_MAILS_DAYS', '3', '60', ({ periods }) => periods.mails, [days(3), days(60), days(30)]],
  ['CONFIRM_WITHIN_HOURS', '24', '48', ({ periods }) => periods.confirm, [days(1), days(2), days(3)]],
  ['ERASE_AFTER_DAYS', '1', '14', ({ periods }) => periods.erase, [days(1), days(14), days(7)]],
  ['KEEP_ADDRESSES_DAYS', '7', '90', ({ periods }) => periods.addresses, [days(7), days(90), days(30)]],
  ['KEEP_AUDIT_DAYS', '90', '365', ({ periods }) => periods.audit, [days(90), days(365), days(730)]],
  ['HOLD_NAMES_DAYS', '30', '365', ({ periods }) => periods.names, [days(30), days(365), days(90)]],
]

describe.each(settings)('%s', (name, given, stored, read, [fromEnv, fromStored, usual]) => {
  test.each([
    [{ [name]: given }, { [name]: stored }, fromEnv],
    [{ [name]: given }, {}, fromEnv],
    [{}, { [name]: stored }, fromStored],
    [{}, {}, usual],
    [{}, { [name]: 'no such value \n' }, name === 'BRAND_NAME' ? 'no such value' : usual],
  ])('of %j and what is stored, %j, what wins', (env, row, expected) => {
    const config = readConfig(env)
    applySettings(config, row, {})
    expect(read(config)).toEqual(expected)
    // Taken back, it is as at the start.
    applySettings(config, {}, {})
    expect(config).toEqual(readConfig(env))
  })
})

test('links of the environment stand for texts that are stored, and a name in MAIL_FROM for the brand’s', () => {
  const texts = { terms: { version: 2, text: 'Be kind.' }, privacy: 'We keep little.' }
  const own = readConfig({ MAIL_FROM: 'Post <a@example.org>', SECRET_KEY: 's'.repeat(32) })
  applySettings(own, { BRAND_NAME: 'Acme', SECRET_KEY: 'x'.repeat(32), PORT: '1' }, texts)
  expect(own).toMatchObject({ texts, brand: { terms: '/terms', privacy: '/privacy' } })
  expect(own).toMatchObject({ port: 3000, secretKeys: ['s'.repeat(32)], mail: { from: { name: 'Post' } } })
  const linked = readConfig({ TERMS_URL: 'https://a.org/t', PRIVACY_URL: 'https://a.org/p' })
  applySettings(linked, { BRAND_NAME: 'Acme', TERMS_URL: 'https://b.org' }, texts)
  expect(linked.texts).toEqual({ terms: undefined, privacy: undefined })
  expect(linked.brand).toMatchObject({ terms: 'https://a.org/t', privacy: 'https://a.org/p' })
  expect(linked.mail.from.name).toBe('Acme')
})

test.each([
  ['BRAND_COLOR', ' 7C2D12 ', '#7c2d12'],
  ['BRAND_COLOR', '#0d5c63; } * { display: none', 'color.form'],
  ['BRAND_COLOR', 'url(//evil.example)', 'color.form'],
  ['LAMP_COLOR', 'red', 'color.form'],
  ['BRAND_NAME', 'Ac\u202eme', 'field.characters'],
  ['BRAND_NAME', 'A\r\nBcc: b@example.org', 'field.characters'],
  ['BRAND_NAME', '🐈'.repeat(61), 'field.too-long'],
  ['BRAND_NAME', '\u200b\u2800', ''],
  ['BRAND_URL', 'javascript:alert(1)', 'link.form'],
  ['BRAND_URL', 'example.org', 'link.form'],
  ['SIGN_UP', 'maybe', 'choice.unknown'],
  [
    'ALLOWED_EMAIL_DOMAINS',
    'Example.org; münchen.example\nb.org',
    'example.org, xn--mnchen-3ya.example, b.org',
  ],
  ['BLOCKED_EMAIL_DOMAINS', '*.example.org', 'domains.form'],
  ['KEEP_MAILS_DAYS', ' 7 ', '7'],
  ['KEEP_MAILS_DAYS', '2', 'period.range'],
  ['ERASE_AFTER_DAYS', '31', 'period.range'],
  ['HOLD_NAMES_DAYS', '1e3', 'period.range'],
  ['PRIVACY', 'One\r\n\r\nTwo ', 'One\n\nTwo'],
  ['PRIVACY', 'a\u0000b', 'field.characters'],
  ['PRIVACY', 'x'.repeat(60_001), 'field.too-long'],
  ['LOGO', '', ''],
] as const)('reads %s: %j', (name, typed, expected) => {
  const prepared = prepareSetting(name, typed)
  expect(prepared.ok ? prepared.value : prepared.problem.code).toBe(expected)
})

test('domains that are none are named, ten at most', () => {
  // As they were typed, which may be a host by other rules: 1.2 is 1.0.0.2.
  const typed = `a.example, *.b.example münchen 1.2 d.example/x %61.example ${'x@c.example '.repeat(12)}`
  const named = ['*.b.example', 'münchen', '1.2', 'd.example/x', '%61.example']
  const text = [...named, ...Array(5).fill('x@c.example')].join('”, “')
  const problem = { code: 'domains.form', params: { text } }
  expect(prepareSetting('BLOCKED_EMAIL_DOMAINS', typed)).toEqual({ ok: false, problem })
})

const inSvg = (inside: string) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">${inside}</svg>`

describe('a logo', () => {
  test('is written anew from shapes, groups and gradients', () => {
    const drawn = inSvg('<title>A&amp;B</title><g fill="#0d5c63"><path d="M1 1h6v-2z"/></g>')
    expect(cleanSvg(drawn)).toEqual({ ok: true, value: drawn.replace('&amp;', 'amp;') })
    const exported = `<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd">
      <!-- made with a program --><svg version="1.1" id="Layer_1" x="0px" viewBox="0 0 8 8" xml:space="preserve"
      xmlns="http://www.w3.org/2000/svg" class="a" style="enable-background:new 0 0 8 8"><metadata><a:b>x</a:b></metadata>
      <sodipodi:namedview pagecolor="#fff"/><circle style='fill:url(#a);stroke:none' r="3" data-x="y"/></svg>`
    expect(cleanSvg(exported)).toEqual({
      ok: true,
      value:
        '<svg xmlns="http://www.w3.org/2000/svg" id="Layer_1" x="0px" viewBox="0 0 8 8">' +
        '<circle fill="url(#a)" stroke="none" r="3"/></svg>',
    })
  })

  test.each([
    ['<script>alert(1)</script>', 'script'],
    ['<SCRIPT/>', 'SCRIPT'],
    ['<style>*{}</style>', 'style'],
    ['<foreignObject><p/></foreignObject>', 'foreignObject'],
    ['<image href="https://evil.example/x.png"/>', 'image'],
    ['<use href="#a"/>', 'use'],
    ['<a href="https://evil.example"><path/></a>', 'a'],
    ['<animate attributeName="href"/>', 'animate'],
    ['<g onload="alert(1)"/>', 'onload="alert(1)"'],
    ["<g ONCLICK = 'alert(1)'/>", 'ONCLICK="alert(1)"'],
    ['<linearGradient xlink:href="https://evil.example"/>', 'xlink:href="https://evil.example"'],
  ])('holds no %s', (inside, part) => {
    expect(cleanSvg(inSvg(inside))).toEqual({
      ok: false,
      problem: { code: 'logo.part', params: { part: part.slice(0, 40) } },
    })
  })

  test.each([
    '',
    '<title>Acme</title>',
    '<g></g>',
    '<metadata><path d="M1 1h6"/></metadata>',
    '<defs><g><path d="M1 1h6"/></g></defs>',
    '<mask id="a"><rect width="1" height="1"/></mask>',
    '<clipPath id="a"><circle r="1"/></clipPath>',
  ])('draws something, not %j', (inside) => {
    expect(cleanSvg(inSvg(inside))).toMatchObject({ problem: { code: 'logo.empty' } })
  })

  test.each([
    'fill="url(https://evil.example)"',
    'fill="URL(//evil.example)"',
    'style="fill:url(https://evil.example);background:url(x)"',
    'fill="u&#114;l(x)"',
    'fill="a\u0000"',
    'filter="url(#a)"',
  ])('keeps nothing of %s', (attribute) => {
    expect(cleanSvg(inSvg(`<path ${attribute}/>`))).toEqual({ ok: true, value: inSvg('<path/>') })
  })

  test.each([
    'a logo',
    '<svg>',
    '</svg>',
    '<svg/><svg/>',
    '<svg/>x',
    '<g/>',
    '<html><svg/></html>',
    inSvg('<g></path>'),
    inSvg('<![CDATA[<script/>]]>'),
    `<!DOCTYPE svg [<!ENTITY x "y">]>${inSvg('')}`,
    inSvg('<path d=M1/>'),
    inSvg('<path d="<"/>'),
    inSvg('<g>'.repeat(30) + '</g>'.repeat(30)),
  ])('is a whole drawing, not %s', (typed) => {
    expect(cleanSvg(typed)).toMatchObject({ problem: { code: 'logo.form' } })
  })

  test('is read in time that grows with its length', () => {
    for (const part of [' ', '<g ', '<!--', '<g a="', '<path d="M1"', '<g></g>', ' a', '<?xml ']) {
      const svg = inSvg(part.repeat(29_000 / part.length))
      expect(
        cpuTime(() => cleanSvg(svg)),
        part,
      ).toBeLessThan(250)
    }
    expect(cleanSvg('<'.repeat(30_001))).toMatchObject({ problem: { code: 'field.too-long' } })
  })
})
