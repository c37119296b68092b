import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { openSecretKeys } from '../src/accounts/secret-key.ts'
import { BadConfiguration, readConfig } from '../src/config.ts'

function folder(): string {
  const path = mkdtempSync(`${tmpdir()}/foyer-key-`)
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

const open = (path: string, env: Record<string, string> = {}) =>
  openSecretKeys(readConfig({ DATABASE_URL: `file:${path}/new/foyer.db`, ...env }))

test('the first start makes a key beside the database, its owner’s alone, and every other takes that', () => {
  const path = folder()
  const key = open(path)
  expect(key.map(({ length }) => length)).toEqual([32])
  expect(statSync(`${path}/new/foyer.key`).mode & 0o777).toBe(0o600)
  expect(readFileSync(`${path}/new/foyer.key`, 'utf8').trim().length).toBeGreaterThanOrEqual(43)
  chmodSync(`${path}/new/foyer.key`, 0o644)
  expect(open(path)).toEqual(key)
  expect(statSync(`${path}/new/foyer.key`).mode & 0o777).toBe(0o600)
  expect(open(folder())).not.toEqual(key)
})

test('a key from the configuration makes no file, and is the same for every process that has it', () => {
  const path = folder()
  const env = { SECRET_KEY: 'as long as it has thirty-two characters' }
  expect(open(path, env)).toEqual(open(folder(), env))
  expect(() => statSync(`${path}/new`)).toThrow('ENOENT')
})

test('a key that is too short, or can’t be made, stops the start and says what to do', () => {
  const path = folder()
  open(path)
  writeFileSync(`${path}/new/foyer.key`, 'short\n')
  expect(() => open(path)).toThrow(BadConfiguration)
  expect(() => open(path)).toThrow(/^SECRET_KEY: set it, or let .*foyer\.key be made and read: it holds less/)
  writeFileSync(`${path}/file`, '')
  expect(() => open(`${path}/file`)).toThrow(/^SECRET_KEY: set it/)
})
