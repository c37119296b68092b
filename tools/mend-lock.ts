// npm run lock: completes package-lock.json after a change of dependencies.
// Where a registry lacks an optional package made for another platform, npm leaves it out of the lock, and `npm ci`
// then refuses the lock (npm/cli#9846). This puts it back. Such an entry has no integrity: npm never saw the package.
import { readFileSync, writeFileSync } from 'node:fs'

type Entry = {
  version?: string
  dev?: boolean
  cpu?: string[]
  libc?: string[]
  os?: string[]
  optional?: boolean
  optionalDependencies?: Record<string, string>
}
type Lock = { packages: Record<string, Entry> }

const LOCK_FILE = new URL('../package-lock.json', import.meta.url)

const SYSTEMS = 'aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(' ')
const PROCESSORS = 'arm arm64 ia32 loong64 mips64el ppc64 riscv64 s390x x64'.split(' ')

/** The optional dependencies that the lock has no entry for, wherever Node would look for them. */
function missing({ packages }: Lock) {
  return Object.entries(packages).flatMap(([path, { dev, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !places(path, name).some((place) => place in packages))
      .map(([name, version]) => ({ name, version, dev })),
  )
}

/** The folders in which a package at `path` finds one called `name`: its own, its parents', the project's. */
function places(path: string, name: string): string[] {
  const here = `${path && `${path}/`}node_modules/${name}`
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('node_modules/') - 1))
  return path ? [here, ...places(parent, name)] : [here]
}

/** `@biomejs/cli-linux-arm64-musl` is for Linux on arm64 with musl. Throws if the name doesn't say. */
function platformOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const words = name.replace('windows', 'win32').split(/\W/)
  const os = words.find((word) => SYSTEMS.includes(word))
  const cpu = words.find((word) => PROCESSORS.includes(word))
  if (!os || !cpu) throw new Error(`The lock lacks ${name}, whose name doesn’t say what platform it is for`)
  return { os: [os], cpu: [cpu], ...(words.includes('musl') && { libc: ['musl'] }) }
}

const lock: Lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8'))
for (const { name, version, dev } of missing(lock)) {
  if (!/^\d/.test(version)) throw new Error(`The lock lacks ${name}, and ${version} is not one version`)
  lock.packages[`node_modules/${name}`] = {
    version,
    ...(dev && { dev }),
    ...platformOf(name),
    optional: true,
  }
  console.log(`Put back: ${name} ${version}`)
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`)
