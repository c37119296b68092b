// What `npm test` runs: lint and format, types, then every test. Ends with one line, `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const bin = (name: string) => join(import.meta.dirname, '../node_modules/.bin', name)
const run = (name: string, ...args: string[]) => spawnSync(bin(name), args, { stdio: 'inherit' }).status === 0

if (!existsSync(bin('vitest'))) {
  process.stderr.write('Development dependencies are missing: install them by npm ci\n')
  process.exit(1)
}

const checks = [run('biome', 'ci', '.'), run('tsc', '-p', '.')]

const folder = mkdtempSync(join(tmpdir(), 'foyer-test-'))
const report = join(folder, 'report.json')
const green = run(
  'vitest',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
)
const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
rmSync(folder, { recursive: true })

const passed = numPassedTests + checks.filter((ok) => ok).length
// A file that can't be loaded has no test that failed, yet the run is not green.
const failed = Math.max(numFailedTests, green ? 0 : 1) + checks.filter((ok) => !ok).length
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed ? 1 : 0
