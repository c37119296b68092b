import { existsSync, readFileSync } from 'node:fs'
import argon2 from 'argon2'
import { describe, expect, test } from 'vitest'

type Entry = {
  version: string
  license?: string
  integrity?: string
  optional?: boolean
  os?: string[]
  cpu?: string[]
  dev?: boolean
  hasInstallScript?: boolean
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

const lock: { lockfileVersion: number; packages: Record<string, Entry> } = JSON.parse(
  readFileSync('package-lock.json', 'utf8'),
)
const { '': root, ...installed } = lock.packages
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** Where a package finds another: in its own folder, or in the nearest one above that has it. */
function resolve(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder && `${folder}/`}node_modules/${name}`
    if (path in installed) return path
    if (!folder) return undefined
  }
}

/**
 * Everything that runs in production, on one platform or another, as paths in the lock. `npm ci --omit=dev` also
 * installs Prisma's command line, an optional peer of its client: it generates the clients, and nothing loads it.
 */
function runtimeClosure(): Map<string, Entry> {
  const found = new Map<string, Entry>()
  const visit = (
    path: string,
    { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }: Entry,
  ) => {
    const peers = Object.keys(peerDependencies ?? {}).filter(
      (name) => !peerDependenciesMeta?.[name]?.optional,
    )
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const target = resolve(path, name)
      const entry = target && installed[target]
      if (!target || !entry || found.has(target)) continue
      found.set(target, entry)
      visit(target, entry)
    }
  }
  if (root) visit('', root)
  return found
}

const runtime = runtimeClosure()

const ALLOWED =
  /^(MIT|MIT-0|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0|Unlicense|CC0-1\.0|MIT and ISC)$/

/** Nothing below these may come back: each mended what had an advisory. */
const FLOORS = {
  fastify: '5.8.1',
  eta: '2.0.0',
  'find-my-way': '9.0.1',
  cookie: '0.7.0',
  zod: '3.22.3',
  semver: '7.5.2',
}

const isAtLeast = (version: string, floor: string) =>
  version.localeCompare(floor, 'en', { numeric: true }) >= 0

describe('the lock', () => {
  test('pins every package by its content, and leaves the registry to whoever installs', () => {
    expect(lock.lockfileVersion).toBe(3)
    // npm writes no digest for the builds of other platforms that were not downloaded.
    const unpinned = Object.entries(installed).filter(([, entry]) => !entry.integrity?.startsWith('sha512-'))
    expect(
      unpinned.filter(([, { optional, os, cpu }]) => !(optional && (os ?? cpu))).map(([path]) => path),
    ).toEqual([])
    expect(Object.keys(installed).filter((path) => 'resolved' in (installed[path] ?? {}))).toEqual([])
  })

  test('is exact: what package.json asks for is one version', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readFileSync('package.json', 'utf8'),
    )
    const asked: [string, string][] = Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    })
    expect(asked.filter(([, range]) => !/^(npm:[^@]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))).toEqual([])
    for (const [name, range] of asked)
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(range.replace(/^npm:[^@]+@/, ''))
  })
})

describe('what runs in production', () => {
  test('is what was reviewed, to the version: docs/runtime-packages.txt', () => {
    const lines = [...runtime].map(
      ([path, { version, license }]) => `${nameOf(path)} ${version} ${license ?? 'unstated'}`,
    )
    const reviewed = readFileSync('docs/runtime-packages.txt', 'utf8')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
    expect([...new Set(lines)].sort()).toEqual(reviewed)
    expect(runtime.size).toBeLessThanOrEqual(135)
  })

  test('is as much as the README says', () => {
    const onLinux = ({ os = ['linux'], cpu = ['x64'] }: Entry) => os.includes('linux') && cpu.includes('x64')
    const count = (entries: Entry[]) => entries.filter(onLinux).length
    const asked = Object.keys(root?.dependencies ?? {}).length
    const laidDown = Object.values(installed).filter(({ dev }) => !dev)
    const [, ...said] =
      /Dependencies: (\d+) at run time.* (\d+) packages run on Linux.* (\d+) packages in all/.exec(
        readFileSync('README.md', 'utf8'),
      ) ?? []
    expect(said.map(Number)).toEqual([asked, count([...runtime.values()]), count(laidDown)])
  })

  test('may be used and passed on freely', () => {
    const others = [...runtime].filter(([, { license }]) => !ALLOWED.test(license ?? ''))
    expect(others.map(([path, { license }]) => `${nameOf(path)}: ${license}`)).toEqual([])
  })

  test('has none of the versions with known holes', () => {
    for (const [name, floor] of Object.entries(FLOORS)) {
      const versions = [...runtime]
        .filter(([path]) => nameOf(path) === name)
        .map(([, { version }]) => version)
      expect(
        versions.filter((version) => !isAtLeast(version, floor)),
        name,
      ).toEqual([])
    }
    expect(isAtLeast('5.12.8', '5.8.1')).toBe(true)
    expect(isAtLeast('5.8.0', '5.8.1')).toBe(false)
  })

  test('runs no script when it is installed, and needs none', async () => {
    expect(readFileSync('.npmrc', 'utf8').split('\n')).toContain('ignore-scripts=true')
    const scripted = [...runtime]
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => nameOf(path))
    expect(scripted).toEqual(['argon2'])
    // It brings its library built.
    expect(existsSync('node_modules/argon2/build')).toBe(false)
    expect(await argon2.hash('ready', { memoryCost: 1024, timeCost: 2 })).toMatch(/^\$argon2id\$/)
  })
})
