import { describe, expect, test } from 'vitest'
import { Refusal } from '../src/errors.ts'
import { parseForm, parseJson } from '../src/http/bodies.ts'
import { cpuTime } from './support/cpu-time.ts'
import fc from './support/fast-check.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

/** The status by which a body is refused, or 200. */
function status(parse: () => unknown): number {
  try {
    parse()
    return 200
  } catch (error) {
    if (error instanceof Refusal) return error.status
    throw error
  }
}

const pairs = (n: number) => Array.from({ length: n }, (_, i) => `f${i}=`).join('&')
const object = (n: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, i) => [`f${i}`, ''])))
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
const list = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`

describe('a form', () => {
  test('is read as browsers write it', () => {
    const typed = parseForm(Buffer.from('name=Ana+Silva&q=%C3%A9%2B%26%3D&empty=&flag&&x=a=b'))
    expect({ ...typed }).toEqual({ name: 'Ana Silva', q: 'é+&=', empty: '', flag: '', x: 'a=b' })
  })

  test('keeps every value of a name that is sent twice, so that none is silently chosen', () => {
    expect({ ...parseForm(bytes('a=1&b=2&a=3&a=4')) }).toEqual({ a: ['1', '3', '4'], b: '2' })
  })

  test('comes back as it was, whatever was typed', () => {
    const typed = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
      maxKeys: 50,
    })
    fc.assert(
      fc.property(typed, (fields) => {
        const read = parseForm(Buffer.from(new URLSearchParams(Object.entries(fields)).toString()))
        expect(Object.entries(read)).toEqual(expect.arrayContaining(Object.entries(fields)))
      }),
    )
  })

  test('gives names like __proto__ no power', () => {
    const form = parseForm(bytes('__proto__=x&constructor=y&toString=z'))
    expect(Object.getPrototypeOf(form)).toBeNull()
    expect(Object.keys(form)).toEqual(['__proto__', 'constructor', 'toString'])
  })

  test('is refused if its bytes or escapes mean nothing', () => {
    const broken = [
      'a=%',
      'a=%2',
      'a=%zz',
      'a=%u0041',
      '%=a',
      'a=%ff',
      'a=%C0%AF',
      'a=%ED%A0%80',
      'a=%F4%90%80%80',
      'a=%E2%28%A1',
    ]
    for (const body of [...broken, 'a=\xff\xfe', 'a=\x80', 'a=\xc0\xaf', '\xff\xfea=', 'a=\xed\xa0\x80'])
      expect(
        status(() => parseForm(bytes(body))),
        body,
      ).toBe(400)
  })

  test('has at most fifty fields, and a hundred values, however they are named', () => {
    expect(status(() => parseForm(bytes(pairs(50))))).toBe(200)
    expect(status(() => parseForm(bytes(pairs(51))))).toBe(413)
    expect(status(() => parseForm(bytes(`${pairs(50)}${'&f0=1'.repeat(50)}`)))).toBe(200)
    expect(status(() => parseForm(bytes('a=1&'.repeat(101))))).toBe(413)
  })

  test('is refused or read, never worse, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
        expect([200, 400, 413]).toContain(status(() => parseForm(Buffer.from(body))))
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('JSON', () => {
  test('is an object', () => {
    expect(parseJson(bytes('{"a":"b","c":{"d":[1,null]}}'))).toEqual({ a: 'b', c: { d: [1, null] } })
    for (const body of [
      '',
      ' ',
      '[]',
      '"a"',
      '1',
      'null',
      'true',
      '{',
      '{"a":1',
      '{"a":NaN}',
      "{'a':1}",
      '{"a":1,}',
      '{}{}',
    ])
      expect(
        status(() => parseJson(bytes(body))),
        body,
      ).toBe(400)
    for (const body of ['\xff\xfe{}', '\xef\xbb\xbf{}', '{"a":"\xff"}', '{"a":"\xed\xa0\x80"}'])
      expect(
        status(() => parseJson(bytes(body))),
        body,
      ).toBe(400)
  })

  test('names nothing twice, in whatever spelling', () => {
    const twice = [
      '{"a":1,"a":2}',
      '{"a":1,"\\u0061":2}',
      '{"a":1 , "a" : 2}',
      '{"x":{"a":1,"a":2}}',
      '{"a\\"":1,"a\\"":2}',
    ]
    for (const body of [...twice, '{"__proto__":1,"__proto__":2}', '{"a":"\\\\","a":2}', '{"a":":","a":":"}'])
      expect(
        status(() => parseJson(bytes(body))),
        body,
      ).toBe(400)
    for (const body of [
      '{"a":"a","b":"a\\":"}',
      '{"a":"\\":\\"","b":{"a":1}}',
      '{"a\\":":1}',
      '{"a":[{"b":1},{"b":2}]}',
    ])
      expect(
        status(() => parseJson(bytes(body))),
        body,
      ).toBe(200)
  })

  test('is at most five deep and fifty names long', () => {
    expect(status(() => parseJson(bytes(nested(5))))).toBe(200)
    expect(status(() => parseJson(bytes(nested(6))))).toBe(400)
    expect(status(() => parseJson(bytes(list(5))))).toBe(200)
    expect(status(() => parseJson(bytes(list(6))))).toBe(400)
    expect(status(() => parseJson(bytes(list(8000))))).toBe(400)
    expect(status(() => parseJson(bytes(object(50))))).toBe(200)
    expect(status(() => parseJson(bytes(object(51))))).toBe(413)
    expect(status(() => parseJson(bytes(`{"a":[${Array(50).fill('{"b":1}').join()}]}`)))).toBe(413)
  })

  test('of any shape is what JSON.parse says, or refused', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 8 }), (value) => {
        const body = JSON.stringify(value)
        const verdict = status(() => parseJson(Buffer.from(body)))
        expect([200, 400, 413]).toContain(verdict)
        if (verdict === 200) expect(parseJson(Buffer.from(body))).toEqual(JSON.parse(body))
      }),
      { numRuns: 2_000 },
    )
  })

  test('of 16 KiB made to be slow is read in a moment', () => {
    const hostile = [
      `{"a":"${'\\\\'.repeat(8000)}"}`,
      `{"${'a'.repeat(16_000)}`,
      `{${'"":'.repeat(5000)}`,
      `{"a":"${'"'.repeat(16_000)}`,
    ]
    for (const body of [
      ...hostile,
      `{"a":"${' '.repeat(16_000)}:"}`,
      `{"a":"b"${' '.repeat(16_000)}}`,
      nested(2700),
    ]) {
      const time = cpuTime(() => status(() => parseJson(bytes(body))))
      expect(time, body.slice(0, 20)).toBeLessThan(50)
    }
  })
})
