import { z } from 'zod'
import { InvalidInput } from '../errors.ts'
import { message } from '../messages.ts'

/** What is said where a passkey's answer can't be taken. */
export const unfinished = () => new InvalidInput({ credential: message('passkey.unfinished') })

const bytes = (max: number) => z.base64url().min(1).max(max)

/** WebAuthn Level 3 allows identifiers of 1023 bytes; the whole form holds less than 16 KB. */
const ID = bytes(1364)
const shared = { id: ID, rawId: ID, type: z.literal('public-key') }
const extensions = z.unknown().transform(() => ({}))

const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const

/** Where a passkey may be kept; what browsers will name some day is left out. */
const transports = z
  .array(z.string().max(30))
  .max(10)
  .default([])
  .transform((named) => TRANSPORTS.filter((transport) => named.includes(transport)))

const Attestation = z.object({
  ...shared,
  response: z.object({ clientDataJSON: bytes(8000), attestationObject: bytes(12_000), transports }),
  clientExtensionResults: extensions,
})

const Assertion = z.object({
  ...shared,
  response: z
    .object({
      clientDataJSON: bytes(8000),
      authenticatorData: bytes(4000),
      signature: bytes(4000),
      userHandle: z.base64url().max(100).nullish(),
    })
    .transform(({ userHandle, ...rest }) => ({ ...rest, ...(userHandle && { userHandle }) })),
  clientExtensionResults: extensions,
})

export type Assertion = z.output<typeof Assertion>

function read<Schema extends z.ZodType>(schema: Schema, typed: string): z.output<Schema> {
  let value: unknown
  try {
    value = JSON.parse(typed)
  } catch {
    throw unfinished()
  }
  const result = schema.safeParse(value)
  if (!result.success) throw unfinished()
  return result.data
}

/** What a browser tells of a new passkey (WebAuthn Level 3’s JSON): the parts we use. Throws InvalidInput. */
export const readAttestation = (typed: string) => read(Attestation, typed)

/** What a passkey answered to a challenge, likewise. Throws InvalidInput. */
export const readAssertion = (typed: string) => read(Assertion, typed)
