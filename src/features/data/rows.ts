import { z } from 'zod'
import { MailState, Role, UserStatus } from '../../db/generated/sqlite/enums.ts'

const at = z.iso.datetime()
const some = z.string().nullable()
const count = z.int().nonnegative()
const anything = z.json().nullable()

/** The rows of the file, by column: what each is called on the page, and in the file's schema. */
export const Account = z.strictObject({
  id: z.uuid().describe('Id'),
  username: z.string().describe('Username'),
  usernameSkeleton: z.string().describe('Username, as it is compared with others'),
  name: some.describe('Name'),
  nameKey: some.describe('Name, as it is searched for'),
  email: some.describe('Email address'),
  emailKey: some.describe('Email address, as it is compared with others'),
  provenEmailKey: some.describe('Confirmed email address'),
  newEmail: some.describe('Email address to be confirmed'),
  passwordChangedAt: at.describe('Password changed'),
  role: z.enum(Role).describe('Role'),
  status: z.enum(UserStatus).describe('Status'),
  suspendedUntil: at.nullable().describe('Suspended until'),
  twoFactor: z.boolean().describe('Has an authenticator'),
  termsVersion: z.int().nullable().describe('Version of the terms agreed to'),
  invitationId: some.describe('Id of the invitation'),
  language: some.describe('Language'),
  timeZone: some.describe('Time zone'),
  passkeyHandle: z.base64url().nullable().describe('What passkeys know the account by'),
  createdAt: at.describe('Signed up'),
  lastSeenAt: at.describe('Last seen'),
  closesAt: at.nullable().describe('To be erased'),
})

export const Session = z.strictObject({
  id: z.uuid().describe('Id'),
  remember: z.boolean().describe('“Remember me”'),
  createdAt: at.describe('Signed in'),
  lastSeenAt: at.describe('Last active'),
  expiresAt: at.describe('Ends'),
  provenAt: at.nullable().describe('Last proof of who it is'),
  ip: z.string().describe('Network address'),
  userAgent: z.string().describe('Browser'),
  deviceId: z.uuid().nullable().describe('Id of the device'),
})

export const Device = z.strictObject({
  id: z.uuid().describe('Id'),
  createdAt: at.describe('First sign-in'),
  lastSeenAt: at.describe('Last sign-in'),
  trustedUntil: at.nullable().describe('Trusted until'),
})

export const Authenticator = z.strictObject({
  createdAt: at.describe('Set up'),
  lastStep: z.int().describe('Half-minute of the last code that was used, counted from 1970'),
})

export const RecoveryCode = z.strictObject({
  id: z.uuid().describe('Id'),
  usedAt: at.nullable().describe('Used'),
})

export const Passkey = z.strictObject({
  id: z.uuid().describe('Id'),
  name: z.string().describe('Name'),
  credentialId: z.string().describe('Id of the credential'),
  publicKey: z.base64url().describe('Public key'),
  signCount: count.describe('Times used, as it says itself'),
  transports: z.string().describe('Ways to reach it'),
  backedUp: z.boolean().describe('Kept by its maker too'),
  createdAt: at.describe('Added'),
  lastUsedAt: at.nullable().describe('Last used'),
})

export const HeldName = z.strictObject({
  nameHash: z.string().describe('Fingerprint of the name'),
  heldUntil: at.describe('Held until'),
})

export const SignUp = z.strictObject({
  returnTo: some.describe('Where it goes on to'),
  expiresAt: at.describe('To be confirmed until'),
})

export const SignUpRequest = z.strictObject({
  askedAt: at.describe('Asked'),
  ip: z.string().describe('Network address'),
  network: z.string().describe('Network'),
})

export const JobResult = z.strictObject({
  id: z.uuid().describe('Id'),
  jobId: z.uuid().describe('Id of the job'),
  problem: some.describe('Why nothing was done'),
})

export const Token = z.strictObject({
  id: z.uuid().describe('Id'),
  purpose: z.string().describe('Purpose'),
  address: some.describe('Mailed to'),
  invitationId: some.describe('Id of the invitation'),
  createdAt: at.describe('Made'),
  expiresAt: at.describe('Works until'),
  usedAt: at.nullable().describe('Used'),
})

export const Mail = z.strictObject({
  id: z.uuid().describe('Id'),
  kind: z.string().describe('Kind'),
  address: z.string().describe('To'),
  facts: anything.describe('What it tells'),
  networkOnly: z.boolean().describe('Whether the network address in it was cut'),
  priority: count.describe('What leaves first: 0 before 1 and 2'),
  state: z.enum(MailState).describe('State'),
  attempts: count.describe('Tries to send it'),
  dueAt: at.describe('Next try, or the last'),
  lastError: some.describe('Why it was not sent'),
  createdAt: at.describe('Written'),
  sentAt: at.nullable().describe('Sent'),
})

/** What the member did to others, without who those are. */
export const Deed = z.strictObject({
  id: z.uuid().describe('Id'),
  at: at.describe('When'),
  event: z.string().describe('What'),
  via: z.string().describe('By way of'),
  ip: some.describe('Network address'),
  userAgent: some.describe('Browser'),
  requestId: some.describe('Id of the request'),
})

/** What happened to the account. Where somebody else did it, that one's address and browser are left out. */
export const Event = Deed.extend({
  by: z.enum(['you', 'visitor', 'administrator', 'operator', 'foyer']).describe('Who'),
  detail: anything.describe('Particulars'),
})

/** The columns of a row, for the database to be asked for these and no others. */
export const columnsOf = <Shape extends z.ZodRawShape>({ shape }: z.ZodObject<Shape>) =>
  Object.fromEntries(Object.keys(shape).map((column) => [column, true])) as { [Column in keyof Shape]: true }
