import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BadConfiguration, type Config } from '../config.ts'
import { sqlitePath } from '../db/sqlite.ts'

/** The secret in use, and after it those that what is older may still be sealed with. */
export type SecretKeys = readonly [current: Buffer, ...former: Buffer[]]

/**
 * The secrets that seal what must be read again, such as authenticators, and key what is too short for a hash
 * alone, such as mailed codes. They are no part of the database, so that a stolen one opens nothing (ASVS 5.0
 * 13.3.1): SECRET_KEY, which several processes share, or a file beside the database, made at the first start,
 * never by a command, for its owner alone. Of several, a line each, the first is used anew.
 */
export function openSecretKeys({ secretKeys, databaseUrl }: Config, { create = true } = {}): SecretKeys {
  if (secretKeys) return asKeys(secretKeys)
  const folder = databaseUrl.startsWith('file:') ? dirname(sqlitePath(databaseUrl)) : 'data'
  const file = join(folder, 'foyer.key')
  try {
    return asKeys(readKeyFile(file, create))
  } catch (cause) {
    const problem = `SECRET_KEY: set it, or let ${file} be made and read: ${(cause as Error).message}`
    throw new BadConfiguration([problem], { cause })
  }
}

/** Whatever their length and alphabet: 256 bits each. */
function asKeys(secrets: string[]): SecretKeys {
  const [current, ...former] = secrets.map((secret) => createHash('sha256').update(secret).digest())
  if (!current) throw new Error('it holds no key')
  return [current, ...former]
}

function readKeyFile(path: string, create: boolean): string[] {
  try {
    const keys = readFileSync(path, 'utf8')
      .split('\n')
      .map((key) => key.trim())
      .filter(Boolean)
    if (!keys.length || keys.some((key) => key.length < 32))
      throw new Error('it holds less than 32 characters')
    if (statSync(path).mode & 0o077) chmodSync(path, 0o600)
    return keys
  } catch (error) {
    if (!create || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    makeKeyFile(path)
    return readKeyFile(path, create)
  }
}

/** Another process may make it at the same time: whole or not at all, and whoever is first has made it. */
function makeKeyFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // Not by the process's number: in containers several have the same.
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
}
