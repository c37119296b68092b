import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { run } from '../support/launch.ts'

/** A copy of the project to work on, without its packages. */
function copy() {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-tools-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const part of ['package.json', 'prisma', 'src', 'tests/support', 'tools'])
    cpSync(part, `${folder}/${part}`, { recursive: true })
  return folder
}

const inside = (cwd: string, ...program: string[]) => run({}, { cwd, program }).ended

test('a migration is written for both databases, once', async () => {
  const folder = copy()
  symlinkSync(resolve('node_modules'), `${folder}/node_modules`)
  const migration = () => inside(folder, 'tools/new-migration.ts', 'add_locale')
  expect(await migration()).toEqual({
    code: 0,
    out: 'There is nothing to do: the migrations reach the models.\n',
    err: '',
  })

  for (const schema of ['prisma/schema.prisma', 'prisma/postgresql/schema.prisma']) {
    const models = readFileSync(`${folder}/${schema}`, 'utf8')
    writeFileSync(`${folder}/${schema}`, models.replace(/^model Throttle \{$/m, '$&\n  locale String?'))
  }
  const { code, out } = await migration()
  expect(code).toBe(0)
  const written = [...out.matchAll(/^Read it before you commit it: (.*)$/gm)].map(([, file]) => file ?? '')
  expect(written.map((file) => file.replace(/\d{14}/, 'TIME'))).toEqual([
    'prisma/migrations/sqlite/TIME_add_locale/migration.sql',
    'prisma/migrations/postgresql/TIME_add_locale/migration.sql',
  ])
  for (const file of written) expect(readFileSync(`${folder}/${file}`, 'utf8')).toContain('"locale" TEXT')
  expect((await migration()).out).toMatch(/^There is nothing to do/)
})

test.each([[[]], [['Add Locale']], [['add_locale', 'please']]])(
  'a migration is not named %j, and a line says how',
  async (names) => {
    expect(await inside('.', 'tools/new-migration.ts', ...names)).toEqual({
      code: 2,
      out: '',
      err: 'Say what it does, in small letters: npm run migration -- add_locale\n',
    })
  },
)

test('the tests say in a line that development dependencies are missing', async () => {
  expect(await inside(copy(), 'tools/test.ts')).toEqual({
    code: 1,
    out: '',
    err: 'Development dependencies are missing: install them by npm ci\n',
  })
})
