import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openSqlite } from '../src/db/sqlite.ts'

const FILES = ['', '-wal', '-shm']

function inFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-file-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return `${folder}/foyer.db`
}

function open(path: string) {
  const database = openSqlite(path)
  onTestFinished(() => {
    if (database.isOpen) database.close()
  })
  return database
}

const modes = (path: string) =>
  FILES.map((end) => path + end)
    .filter(existsSync)
    .map((file) => (statSync(file).mode & 0o777).toString(8))

test('a new database file is its owner’s alone, and so is what SQLite puts beside it', () => {
  const path = inFolder()
  open(path).exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)')
  expect(modes(path)).toEqual(['600', '600', '600'])
})

test('one that others could read becomes its owner’s alone', () => {
  const path = inFolder()
  const before = open(path)
  before.exec('CREATE TABLE t (x)')
  before.close()
  chmodSync(path, 0o644)
  open(path).exec('INSERT INTO t VALUES (1)')
  expect(modes(path)).toEqual(['600', '600', '600'])
})

test('a device is refused, and stays everybody’s', () => {
  const before = statSync('/dev/full').mode
  expect(() => openSqlite('/dev/full')).toThrow('/dev/full is not a file')
  expect(statSync('/dev/full').mode).toBe(before)
})

test('one that others could read, left by a crash, becomes its owner’s alone with its log', () => {
  const [running, path] = [inFolder(), inFolder()]
  open(running).exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)')
  for (const end of FILES) {
    copyFileSync(running + end, path + end)
    chmodSync(path + end, 0o644)
  }
  const database = open(path)
  expect(database.prepare('SELECT x FROM t').all()).toEqual([{ x: 1 }])
  expect(modes(path)).toEqual(['600', '600', '600'])
})
