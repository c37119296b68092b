import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { Db } from '../../src/db/client.ts'
import type { Passkey, User } from '../../src/db/generated/sqlite/client.ts'
import type { Visitor } from './visitor.ts'

type Cbor = number | string | Uint8Array | Map<number | string, Cbor>

/** The first bytes of a CBOR item: its major type and a number (RFC 8949 §3). */
function head(major: number, n: number): Buffer {
  const type = major << 5
  if (n < 24) return Buffer.from([type | n])
  if (n < 256) return Buffer.from([type | 24, n])
  return Buffer.from([type | 25, n >> 8, n & 255])
}

/** As much of CBOR as passkeys use. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)])])
}

export const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest()
export const base64url = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64url')

/** User present, user verified, backup eligible, backed up, attested credential data (WebAuthn Level 3 §6.1). */
export const FLAGS = { up: 1, uv: 4, be: 8, bs: 16, at: 64 }

/** What a test may have the authenticator say instead of the truth. */
export type Lies = {
  type?: string
  challenge?: string
  origin?: string
  crossOrigin?: boolean
  topOrigin?: string
  rpId?: string
  flags?: number
  count?: number
  id?: Buffer
  userHandle?: string | undefined
  algorithm?: number
  format?: string
  signedBy?: KeyObject
}

/** What the answers of our options routes have of interest here. */
export type Options = {
  challenge: string
  rp?: { id: string; name: string }
  rpId?: string
  user?: { id: string; name: string; displayName: string }
  userVerification?: string
  timeout: number
  attestation?: string
  authenticatorSelection?: Record<string, unknown>
  pubKeyCredParams?: { alg: number }[]
  excludeCredentials?: { id: string }[]
  allowCredentials?: { id: string }[]
}

/** A passkey of our own, and what stands for the browser around it: it signs what it is told. */
export class SoftwarePasskey {
  readonly id = randomBytes(32)
  readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  /** What it says of how often it was used; 0 for one that doesn't count. */
  count = 1
  userHandle = ''
  readonly #origin: string

  constructor(origin = 'http://localhost:3000') {
    this.#origin = origin
  }

  clientData({ challenge }: Options, lies: Lies, type: string): Buffer {
    const said = { type, challenge, origin: this.#origin, crossOrigin: false }
    const { topOrigin } = lies
    const changed = {
      ...(lies.type !== undefined && { type: lies.type }),
      ...(lies.challenge !== undefined && { challenge: lies.challenge }),
      ...(lies.origin !== undefined && { origin: lies.origin }),
      ...(lies.crossOrigin !== undefined && { crossOrigin: lies.crossOrigin }),
    }
    return Buffer.from(JSON.stringify({ ...said, ...changed, ...(topOrigin && { topOrigin }) }))
  }

  authenticatorData(lies: Lies, flags: number, attested = Buffer.alloc(0)): Buffer {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(lies.count ?? this.count)
    const rpId = lies.rpId ?? new URL(this.#origin).hostname
    return Buffer.concat([sha256(rpId), Buffer.from([lies.flags ?? flags]), count, attested])
  }

  /** The public key in COSE (RFC 9052). */
  publicKey({ algorithm = -7 }: Lies): Buffer {
    const { x = '', y = '' } = this.keys.publicKey.export({ format: 'jwk' })
    const [one, other] = [x, y].map((part) => new Uint8Array(Buffer.from(part, 'base64url')))
    return cbor(
      new Map<number, Cbor>([
        [1, 2],
        [3, algorithm],
        [-1, 1],
        [-2, one ?? new Uint8Array()],
        [-3, other ?? new Uint8Array()],
      ]),
    )
  }

  /** What `navigator.credentials.create` answers, as an object to be changed further. */
  create(options: Options, lies: Lies = {}) {
    const id = lies.id ?? this.id
    const length = Buffer.from([id.length >> 8, id.length & 255])
    const attested = Buffer.concat([Buffer.alloc(16), length, id, this.publicKey(lies)])
    const { up, uv, at } = FLAGS
    const authData = this.authenticatorData(lies, up | uv | at, attested)
    const attestationObject = cbor(
      new Map<string, Cbor>([
        ['fmt', lies.format ?? 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ]),
    )
    this.userHandle = options.user?.id ?? ''
    return {
      ...{ id: base64url(id), rawId: base64url(id), type: 'public-key' },
      response: {
        clientDataJSON: base64url(this.clientData(options, lies, 'webauthn.create')),
        attestationObject: base64url(attestationObject),
        transports: ['internal', 'hybrid'],
      },
      clientExtensionResults: { credProps: { rk: true } },
    }
  }

  /** What `navigator.credentials.get` answers, likewise. */
  get(options: Options, lies: Lies = {}) {
    if (lies.count === undefined && this.count) this.count++
    const clientData = this.clientData(options, lies, 'webauthn.get')
    const authenticatorData = this.authenticatorData(lies, FLAGS.up | FLAGS.uv)
    const signed = Buffer.concat([authenticatorData, sha256(clientData)])
    const id = base64url(lies.id ?? this.id)
    const userHandle = 'userHandle' in lies ? lies.userHandle : this.userHandle
    return {
      ...{ id, rawId: id, type: 'public-key' },
      response: {
        clientDataJSON: base64url(clientData),
        authenticatorData: base64url(authenticatorData),
        signature: base64url(sign('sha256', signed, lies.signedBy ?? this.keys.privateKey)),
        ...(userHandle !== undefined && { userHandle }),
      },
      clientExtensionResults: {},
    }
  }
}

/** Puts it into the database as the member's, without the ceremony. */
export async function storePasskey(
  db: Db,
  user: User,
  passkey: SoftwarePasskey,
  traits: Partial<Passkey> = {},
) {
  const handle = new Uint8Array(user.passkeyHandle ?? randomBytes(32))
  passkey.userHandle = base64url(handle)
  await db.user.update({ where: { id: user.id }, data: { passkeyHandle: handle } })
  const row = {
    ...{ credentialId: base64url(passkey.id), publicKey: new Uint8Array(passkey.publicKey({})) },
    ...{
      userId: user.id,
      name: 'My phone',
      signCount: passkey.count,
      transports: 'internal',
      backedUp: false,
    },
  }
  return db.passkey.create({ data: { ...row, ...traits } })
}

const JSON_HEADERS = { accept: 'application/json', 'content-type': 'application/json' }

/** Asks for options as the script of our pages does; their cookie stays with the visitor. */
export async function optionsFor(visitor: Visitor, path: string): Promise<Options> {
  return (await visitor.request('POST', `${path}/options`, '{}', JSON_HEADERS)).json()
}

/** Adds the passkey to the account of whom is signed in. */
export async function addPasskey(visitor: Visitor, passkey: SoftwarePasskey, name = 'My phone') {
  const options = await optionsFor(visitor, '/account/passkeys')
  const credential = JSON.stringify(passkey.create(options))
  return visitor.request('POST', '/account/passkeys', { name, credential })
}

/** Signs in with the passkey. */
export async function logInBy(visitor: Visitor, passkey: SoftwarePasskey, lies: Lies = {}) {
  const options = await optionsFor(visitor, '/login/passkey')
  const credential = JSON.stringify(passkey.get(options, lies))
  return visitor.request('POST', '/login/passkey', { credential })
}
