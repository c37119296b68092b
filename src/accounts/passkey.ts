import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Db } from '../db/client.ts'
import type { Passkey, User } from '../db/generated/sqlite/client.ts'
import { fromNow } from '../time.ts'
import { record, type Source } from './audit/audit.ts'
import { CHALLENGE_HOLDS } from './passkey-challenge.ts'
import { type Assertion, readAttestation } from './passkey-response.ts'
import type { Services } from './services.ts'

/** Only where passkeys are used: it costs memory and a tenth of a second. */
const webauthn = () => import('@simplewebauthn/server')

/** ES256, EdDSA, RS256: what authenticators have, in COSE's numbers. */
const ALGORITHMS = [-7, -8, -257]

/** Whose passkeys they are: the address people know, not what a request says (WebAuthn Level 3 §13.4.9). */
const relyingParty = ({ baseUrl }: Config) => ({
  expectedOrigin: baseUrl,
  expectedRPID: new URL(baseUrl).hostname,
})

const described = ({ credentialId, transports }: Passkey) => ({
  id: credentialId,
  transports: transports.split(',').filter(Boolean) as ('internal' | 'usb')[],
})

/** What passkeys know the account by: random, made with the first of them (WebAuthn Level 3 §14.6.1). */
async function handleOf(db: Db, { id, passkeyHandle }: User) {
  if (passkeyHandle) return new Uint8Array(passkeyHandle)
  const data = { passkeyHandle: new Uint8Array(randomBytes(32)) }
  await db.user.updateMany({ where: { id, passkeyHandle: null }, data })
  const stored = await db.user.findUniqueOrThrow({ where: { id }, select: { passkeyHandle: true } })
  return new Uint8Array(stored.passkeyHandle ?? [])
}

/** What the browser needs to make a passkey for the member. Those that they have are made no second time. */
export async function creationOptions(
  { config, db }: Pick<Services, 'config' | 'db'>,
  user: User,
  challenge: Uint8Array<ArrayBuffer>,
) {
  const { generateRegistrationOptions } = await webauthn()
  const passkeys = await db.passkey.findMany({ where: { userId: user.id } })
  return generateRegistrationOptions({
    challenge,
    rpID: relyingParty(config).expectedRPID,
    rpName: config.brand.name,
    userID: await handleOf(db, user),
    userName: user.username,
    userDisplayName: user.name ?? user.username,
    attestationType: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: passkeys.map(described),
    timeout: CHALLENGE_HOLDS,
  })
}

/** What the browser needs to ask for a passkey: one of these, or whichever it has for us. */
export async function requestOptions(
  config: Config,
  challenge: Uint8Array<ArrayBuffer>,
  passkeys: readonly Passkey[] = [],
) {
  const { generateAuthenticationOptions } = await webauthn()
  return generateAuthenticationOptions({
    challenge,
    rpID: relyingParty(config).expectedRPID,
    userVerification: 'required',
    allowCredentials: passkeys.map(described),
    timeout: CHALLENGE_HOLDS,
  })
}

/** Ours are never in a frame of another site; the library leaves that to us. */
function isFramed(clientDataJSON: string): boolean {
  const said = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString())
  return (said.crossOrigin ?? false) !== false || said.topOrigin !== undefined
}

/**
 * The row of a new passkey, if what the browser sent holds together (WebAuthn Level 3 §7.1); undefined if
 * not. Nothing is asked about its make: what says more than that isn't read. Throws InvalidInput if it can't
 * be read.
 */
export async function verifyNewPasskey(config: Config, typed: string, challenge: string) {
  const response = readAttestation(typed)
  const { clientDataJSON, attestationObject, transports } = response.response
  const { verifyRegistrationResponse } = await webauthn()
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  try {
    const attested = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')))
    const unattested = attested.get('fmt') === 'none' || !attested.get('attStmt').get('x5c')
    if (!unattested || !['none', 'packed'].includes(attested.get('fmt'))) return undefined
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      supportedAlgorithmIDs: ALGORITHMS,
      ...relyingParty(config),
    })
    if (!verified || isFramed(clientDataJSON)) return undefined
    const { credential, credentialBackedUp } = registrationInfo
    return {
      credentialId: credential.id,
      publicKey: new Uint8Array(credential.publicKey),
      signCount: BigInt(credential.counter),
      transports: transports.join(),
      backedUp: credentialBackedUp,
    }
  } catch {
    // The library says by an error what doesn't hold, whatever it is.
    return undefined
  }
}

/** What a passkey says of itself that has signed our challenge by its user's will (WebAuthn Level 3 §7.2). */
async function verifyAssertion(config: Config, passkey: Passkey, response: Assertion, challenge: string) {
  const { verifyAuthenticationResponse } = await webauthn()
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      // Counted by the update below: the library would complain before it has looked at the signature.
      credential: { id: passkey.credentialId, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
      ...relyingParty(config),
    })
    if (!verified || isFramed(response.response.clientDataJSON)) return undefined
    return { signCount: authenticationInfo.newCounter, backedUp: authenticationInfo.credentialBackedUp }
  } catch {
    // As above.
    return undefined
  }
}

/**
 * Takes a passkey's answer to our challenge as proof of its owner, and notes that it was used; answers
 * whether it did. Its count must have grown, unless it keeps none: otherwise there may be two of it, which is
 * on record (WebAuthn Level 3 §6.1.1).
 */
export async function usePasskey(
  { config, db }: Pick<Services, 'config' | 'db'>,
  passkey: Passkey,
  response: Assertion,
  challenge: string,
  source: Source,
): Promise<boolean> {
  const said = await verifyAssertion(config, passkey, response, challenge)
  if (!said) return false
  const { id, userId, backedUp } = passkey
  const entry = { actor: userId, subjectId: userId, source, detail: { passkey: id } }
  const grown = said.signCount === 0 ? { equals: 0 } : { lt: said.signCount }
  return db.$transaction(async (tx) => {
    const { count } = await tx.passkey.updateMany({
      where: { id, signCount: grown },
      data: { signCount: said.signCount, backedUp: said.backedUp, lastUsedAt: fromNow(0) },
    })
    if (count === 0) {
      const isThere = (await tx.passkey.count({ where: { id } })) > 0
      if (isThere) await record(tx, 'passkey.count-regressed', entry)
      return false
    }
    if (backedUp !== said.backedUp) await record(tx, 'passkey.backup-changed', entry)
    return true
  })
}
