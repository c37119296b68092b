import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sections } from '../src/features/data/sections.ts'

/** The models of the database, each with its columns and the models it belongs to. */
function models() {
  const source = readFileSync('prisma/schema.prisma', 'utf8')
  const bodies = [...source.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)].map(([, name = '', body = '']) => {
    const fields = [...body.matchAll(/^ {2}(\w+) +(\w+)/gm)].map(([, field = '', type = '']) => ({
      field,
      type,
    }))
    return { name, fields }
  })
  const names = new Set(bodies.map(({ name }) => name))
  return bodies.map(({ name, fields }) => ({
    name,
    columns: fields.filter(({ type }) => !names.has(type)).map(({ field }) => field),
    parents: fields.filter(({ type }) => names.has(type)).map(({ type }) => type),
  }))
}

const SECTIONS: Record<string, keyof typeof sections> = {
  ...{ User: 'account', Session: 'sessions', Device: 'devices', Authenticator: 'authenticator' },
  ...{ RecoveryCode: 'recoveryCodes', Passkey: 'passkeys', HeldName: 'heldNames', SignUp: 'signUp' },
  ...{ SignUpRequest: 'signUpRequest', JobResult: 'jobResults' },
  ...{ Token: 'tokens', Mail: 'mails', AuditEvent: 'history' },
}

const SECRET = 'whoever reads it could try to get in by it'
const CHAIN = 'the chain over the audit trail tells nothing of the member'
const OWNER = 'it is the id of the account, which the file begins with'
/** The columns that are not in the file, and why. */
const LEFT_OUT: Record<string, string> = {
  ...{ 'User.passwordHash': SECRET, 'Session.tokenHash': SECRET, 'Device.tokenHash': SECRET },
  ...{ 'Authenticator.secret': SECRET, 'RecoveryCode.codeHash': SECRET, 'SignUp.tokenHash': SECRET },
  ...{ 'Token.tokenHash': SECRET, 'Token.codeHash': SECRET },
  ...{ 'Session.userId': OWNER, 'Device.userId': OWNER, 'Authenticator.userId': OWNER },
  ...{ 'RecoveryCode.userId': OWNER, 'Passkey.userId': OWNER, 'HeldName.userId': OWNER },
  ...{ 'SignUpRequest.userId': OWNER, 'JobResult.userId': OWNER },
  ...{ 'SignUp.userId': OWNER, 'Token.userId': OWNER, 'Mail.userId': OWNER, 'AuditEvent.subjectId': OWNER },
  ...{
    'AuditEvent.seq': CHAIN,
    'AuditEvent.salt': CHAIN,
    'AuditEvent.digest': CHAIN,
    'AuditEvent.link': CHAIN,
  },
  'AuditEvent.actor': 'it can be the id of somebody else: `by` says who that is to the member',
}

test('every table and column that is about a member is in the file, or left out for a reason', () => {
  const personal = models().filter(
    ({ name, columns, parents }) =>
      name === 'User' ||
      (parents.includes('User') && name !== 'Invitation') ||
      columns.some((column) => ['userId', 'subjectId', 'actor'].includes(column)),
  )
  expect(personal.map(({ name }) => name).sort()).toEqual(Object.keys(SECTIONS).sort())
  const columns = personal.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column}`))
  const told = Object.entries(SECTIONS).flatMap(([model, section]) =>
    Object.keys(sections[section].row.shape).map((column) => `${model}.${column}`),
  )
  expect(columns.filter((column) => !told.includes(column)).sort()).toEqual(Object.keys(LEFT_OUT).sort())
  expect(told.filter((column) => !columns.includes(column))).toEqual(['AuditEvent.by'])
})
