import { isUtf8 } from 'node:buffer'
import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify'
import { Refusal } from '../errors.ts'

/** How much a body may be, in bytes, unless its route says otherwise. */
export const BODY_LIMIT = 16 * 1024
/** How much more, if it brings a proof along: a password and a code, or what a passkey answers. */
export const PROOF_SIZE = 8 * 1024
const PROOF_FIELDS = new Set(['proof', 'current', 'code', 'credential'])
const MAX_FIELDS = 50
/** A page lists 50 rows, each of which may be ticked. */
const MAX_VALUES = 100
const MAX_DEPTH = 5

const malformed = (what: string) =>
  new Refusal(400, `We couldn’t read what was sent: ${what}. Nothing was changed.`)
const tooMany = () => new Refusal(413, 'That has too many fields. Nothing was changed.')

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw malformed('it is not UTF-8 text')
  return bytes.toString('utf8')
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed('a % is not followed by two digits of a character')
  }
}

/**
 * Reads `application/x-www-form-urlencoded` strictly: valid UTF-8, valid escapes, at most 50 fields and 100 values,
 * besides a proof of who sends it. A name sent twice becomes an array, which only a list of rows accepts. Throws
 * Refusal 400 or 413.
 */
export function parseForm(bytes: Buffer): Record<string, string | string[]> {
  const form: Record<string, string | string[]> = Object.create(null)
  const pairs = decode(bytes).split('&').filter(Boolean)
  let values = 0
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decodePart(pair.slice(equals + 1))
    const before = form[name]
    if (!(PROOF_FIELDS.has(name) && before === undefined) && ++values > MAX_VALUES) throw tooMany()
    form[name] = before === undefined ? value : [before, value].flat()
  }
  if (Object.keys(form).filter((name) => !PROOF_FIELDS.has(name)).length > MAX_FIELDS) throw tooMany()
  return form
}

/** Keys in a JSON value, however deep; a value deeper than MAX_DEPTH is refused on the way. */
function countKeys(value: unknown, depth = 1): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > MAX_DEPTH) throw malformed(`it is nested more than ${MAX_DEPTH} deep`)
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((sum: number, inner) => sum + countKeys(inner, depth + 1), own)
}

/**
 * Reads `application/json` strictly: an object of at most 50 keys, at most 5 deep, no key twice
 * (JSON.parse would silently keep the last). Throws Refusal 400 or 413.
 */
export function parseJson(bytes: Buffer): unknown {
  const text = decode(bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed('it is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('it is not a JSON object')
  const keys = countKeys(value)
  if (keys > MAX_FIELDS) throw tooMany()
  const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon)
  if (written.length !== keys) throw malformed('a name is there twice')
  return value
}

const parsers = {
  'application/x-www-form-urlencoded': parseForm,
  'application/json': parseJson,
}
/** What may stand behind the type: nothing, or the one charset there is. Fastify would read past anything else. */
const EXACTLY_TYPED = /^[\w/-]+(; ?charset=utf-8)?$/i

/** The only two kinds of body that are read; any other is 415. */
export function readBodies(app: FastifyInstance) {
  app.removeAllContentTypeParsers()
  for (const [type, parse] of Object.entries(parsers))
    app.addContentTypeParser(
      type,
      { parseAs: 'buffer' },
      async ({ headers }: FastifyRequest, bytes: Buffer) => {
        if (!EXACTLY_TYPED.test(headers['content-type'] ?? ''))
          throw new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE()
        return parse(bytes)
      },
    )
}
