import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { base64url, FLAGS, type Lies, type Options, type SoftwarePasskey } from './software-passkey.ts'

/** A way in which an answer of a passkey may be wrong: what is sent instead, as it stands in the form. */
export type Wrong<Answer> = [
  how: string,
  say: (passkey: SoftwarePasskey, options: Options) => string | Answer,
]

type Created = ReturnType<SoftwarePasskey['create']>
type Got = ReturnType<SoftwarePasskey['get']>

const { up, uv, at } = FLAGS
const bytesOf = (text: string) => Buffer.from(text, 'base64url')

/** The same with one bit of the bytes another. */
function flipped(text: string, place = -1): string {
  const bytes = bytesOf(text)
  const index = place < 0 ? bytes.length + place : place
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index)
  return base64url(bytes)
}

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const NESTED = base64url(Buffer.alloc(6000, 0x81))

/** What is a lie in an answer of either kind. `answer` makes one of the kind, with the lie. */
const lies: [how: string, lies: Lies][] = [
  ['another origin', { origin: 'https://evil.example' }],
  ['another port', { origin: 'http://localhost:3001' }],
  ['another scheme', { origin: 'https://localhost:3000' }],
  ['an origin with a path', { origin: 'http://localhost:3000/' }],
  ['another party’s id', { rpId: 'evil.example' }],
  ['a challenge of its own', { challenge: base64url(randomBytes(32)) }],
  ['an empty challenge', { challenge: '' }],
  ['an unknown type', { type: 'webauthn.x' }],
  ['in a frame of another site', { crossOrigin: true }],
  ['in a frame of a named site', { crossOrigin: true, topOrigin: 'https://evil.example' }],
  ['under another page, they say', { topOrigin: 'https://evil.example' }],
]

/** What can't be read, and so can't be either kind. */
const garbage: [how: string, text: string][] = [
  ['nothing', ''],
  ['not JSON', '{'],
  ['a number', '1'],
  ['null', 'null'],
  ['a list', '[]'],
  ['an empty object', '{}'],
  ['a text', '"passkey"'],
  ['parts of the wrong type', '{"id":1,"rawId":1,"type":"public-key","response":[]}'],
  ['a prototype', '{"__proto__":{"id":"a"},"constructor":1}'],
]

function changed<Answer extends Created | Got>(answer: Answer, response: object): Answer {
  return { ...answer, response: { ...answer.response, ...response } }
}

/** What is wrong with an answer of either kind. */
function wrongEither<Answer extends Created | Got>(
  answer: (passkey: SoftwarePasskey, options: Options, lies?: Lies) => Answer,
): Wrong<Answer>[] {
  const clientData = (how: string, data: string | Buffer): Wrong<Answer> => [
    `client data that is ${how}`,
    (passkey, options) => changed(answer(passkey, options), { clientDataJSON: base64url(data) }),
  ]
  return [
    ...lies.map(([how, lies]): Wrong<Answer> => [how, (passkey, options) => answer(passkey, options, lies)]),
    ...garbage.map(([how, text]): Wrong<Answer> => [how, () => text]),
    clientData('not JSON', '{'),
    clientData('a list', '[]'),
    clientData('null', 'null'),
    clientData('not UTF-8', Buffer.from([0xff, 0xfe])),
    clientData('far too long', `{"a":"${'a'.repeat(7000)}"}`),
    ['another raw id', (key, options) => ({ ...answer(key, options), rawId: base64url(randomBytes(32)) })],
    ['an id that is too long', (key, options) => ({ ...answer(key, options), id: 'a'.repeat(1365) })],
    ['an id that is not base64url', (key, options) => ({ ...answer(key, options), id: 'a+/=' })],
    [
      'another kind of credential',
      (key, options) => ({ ...answer(key, options), type: 'password' as never }),
    ],
    ['no response', (key, options) => JSON.stringify({ ...answer(key, options), response: undefined })],
  ]
}

const get = (key: SoftwarePasskey, options: Options, lies: Lies = {}) => key.get(options, lies)
const create = (key: SoftwarePasskey, options: Options, lies: Lies = {}) => key.create(options, lies)

const got = (change: (response: Got['response']) => object) => (key: SoftwarePasskey, options: Options) => {
  const answer = key.get(options)
  return changed(answer, change(answer.response))
}

/** What is wrong with the answer to a challenge. */
export const wrongAnswers: Wrong<Got>[] = [
  ...wrongEither(get),
  ['of the other type', (key, options) => get(key, options, { type: 'webauthn.create' })],
  ['nobody present', (key, options) => get(key, options, { flags: uv })],
  ['nobody verified', (key, options) => get(key, options, { flags: up })],
  ['no flags', (key, options) => get(key, options, { flags: 0 })],
  ['a passkey that nobody has', (key, options) => get(key, options, { id: randomBytes(32) })],
  ['another user’s handle', (key, options) => get(key, options, { userHandle: base64url(randomBytes(32)) })],
  ['signed by another key', (key, options) => get(key, options, { signedBy: stranger.privateKey })],
  ['a signature with a bit changed', got(({ signature }) => ({ signature: flipped(signature) }))],
  ['a signature cut short', got(({ signature }) => ({ signature: signature.slice(0, 40) }))],
  ['a signature of one byte', got(() => ({ signature: 'AA' }))],
  ['no signature', got(() => ({ signature: '' }))],
  ['a signature of zeros', got(() => ({ signature: base64url(Buffer.alloc(64)) }))],
  ['a count changed after signing', got((r) => ({ authenticatorData: flipped(r.authenticatorData) }))],
  ['flags changed after signing', got((r) => ({ authenticatorData: flipped(r.authenticatorData, 32) }))],
  ['data cut short', got((r) => ({ authenticatorData: r.authenticatorData.slice(0, 48) }))],
  ['data with more behind it', got((r) => ({ authenticatorData: `${r.authenticatorData}AAAA` }))],
  ['data that promises a key', (key, options) => get(key, options, { flags: up | uv | at })],
  ['data that promises extensions', (key, options) => get(key, options, { flags: up | uv | 128 })],
  ['a count that went back', (key, options) => get(key, options, { count: 3 })],
  ['the count of last time', (key, options) => get(key, options, { count: 5 })],
  ['a count that was given up', (key, options) => get(key, options, { count: 0 })],
]

const made = (attestationObject: (whole: Buffer) => string) => (key: SoftwarePasskey, options: Options) => {
  const answer = key.create(options)
  return changed(answer, { attestationObject: attestationObject(bytesOf(answer.response.attestationObject)) })
}

/** What is wrong with a new passkey. */
export const wrongPasskeys: Wrong<Created>[] = [
  ...wrongEither(create),
  ['of the other type', (key, options) => create(key, options, { type: 'webauthn.get' })],
  ['nobody present', (key, options) => create(key, options, { flags: uv | at })],
  ['nobody verified', (key, options) => create(key, options, { flags: up | at })],
  ['no key in it', (key, options) => create(key, options, { flags: up | uv })],
  ['an algorithm we don’t take, ES512', (key, options) => create(key, options, { algorithm: -36 })],
  ['an algorithm that there isn’t', (key, options) => create(key, options, { algorithm: 99 })],
  ['an unknown attestation', (key, options) => create(key, options, { format: 'x' })],
  ['a U2F attestation', (key, options) => create(key, options, { format: 'fido-u2f' })],
  ['a TPM’s attestation', (key, options) => create(key, options, { format: 'tpm' })],
  ['an attestation without its signature', (key, options) => create(key, options, { format: 'packed' })],
  ['an empty id', (key, options) => create(key, options, { id: Buffer.alloc(0) })],
  ['CBOR cut short', made((whole) => base64url(whole.subarray(0, 60)))],
  ['CBOR with a wrong head', made((whole) => flipped(base64url(whole), 0))],
  ['CBOR that is nested without end', made(() => NESTED)],
  ['CBOR that promises gigabytes', made(() => base64url(Buffer.from('5b00ffffffffffffff', 'hex')))],
  ['CBOR that is a number', made(() => base64url(Buffer.from([1])))],
  ['nothing attested', made(() => '')],
]
