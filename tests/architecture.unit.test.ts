import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

const files = (folder: string, ending: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith(ending) && !file.includes('/generated/'))
    .sort()

const sources = files('src', '.ts').map((path) => {
  const content = readFileSync(path, 'utf8')
  const imports = [...content.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier = '']) =>
    specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier,
  )
  return { path, content, imports }
})

/** Each layer may import itself and what stands after it. */
const LAYERS = [
  /^src\/(server|cli|commands)\.ts$/,
  /^src\/app\.ts$/,
  /^src\/features\//,
  /^src\/http\//,
  /^src\/(accounts|mail)\//,
  /^src\/db\//,
  /^src\/(config|environment|errors|messages|repeat|time|version|views)\.ts$/,
]
const layer = (path: string) => LAYERS.findIndex((pattern) => pattern.test(path))
const feature = (path: string) => /^src\/features\/([^/]+)\//.exec(path)?.[1]

describe('the architecture', () => {
  test('every source file belongs to a layer', () => {
    expect(sources.filter(({ path }) => layer(path) < 0).map(({ path }) => path)).toEqual([])
  })

  test('imports go one way', () => {
    const against = sources.flatMap(({ path, imports }) =>
      imports
        .filter((target) => target.startsWith('src/') && layer(target) < layer(path))
        .map((target) => `${path} → ${target}`),
    )
    expect(against).toEqual([])
  })

  test('a feature never imports a feature', () => {
    const across = sources.flatMap(({ path, imports }) =>
      imports
        .filter((target) => feature(path) && feature(target) && feature(target) !== feature(path))
        .map((target) => `${path} → ${target}`),
    )
    expect(across).toEqual([])
  })

  test('only the server, the app, http/ and routes know Fastify', () => {
    const knowing = sources.filter(({ imports }) =>
      imports.some((name) => /^(fastify|@fastify\/.*)$/.test(name)),
    )
    expect(
      knowing.filter(({ path }) => !/^src\/(server|app|http\/.*|features\/.*\/routes)\.ts$/.test(path)),
    ).toEqual([])
  })

  test('only the configuration reads the environment', () => {
    const reading = sources.filter(({ content }) => /process\.env\b/.test(content)).map(({ path }) => path)
    // The two entries hand it over whole; libuv's pool size is a fact of the process, not a setting of ours.
    expect(reading).toEqual(['src/accounts/password-hasher.ts', 'src/cli.ts', 'src/server.ts'])
  })

  test('a feature has the same name in the code, the views and the tests', () => {
    const features = readdirSync('src/features').sort()
    const views = readdirSync('views').filter(
      (name) => !['layouts', 'partials', 'errors', 'mail'].includes(name),
    )
    expect(views.filter((name) => !features.includes(name))).toEqual([])
    const stories = readdirSync('tests').filter((name) => name.endsWith('.test.ts'))
    expect(features.filter((name) => !stories.includes(`${name}.test.ts`))).toEqual([])
  })

  test('a feature holds routes and files named for what they do, nothing else', () => {
    const vague = sources.filter(({ path }) =>
      /(service|repository|controller|dto|utils?|helpers?|index)\.ts$/.test(path),
    )
    expect(vague.map(({ path }) => path)).toEqual([])
  })

  test('no file is longer than 300 lines', () => {
    const long = [
      ...files('src', '.ts'),
      ...files('tests', '.ts'),
      ...files('tools', '.ts'),
      ...files('bench', '.ts'),
      ...files('views', '.eta'),
      ...files('public', '.css'),
    ]
      .map((path) => ({ path, lines: readFileSync(path, 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > 300)
    expect(long).toEqual([])
  })

  test('everything exported is used elsewhere', () => {
    const users = ['src', 'tests', 'tools', 'bench'].flatMap((folder) => files(folder, '.ts'))
    const texts = new Map(users.map((path) => [path, readFileSync(path, 'utf8')]))
    const unused = sources.flatMap(({ path, content }) =>
      [...content.matchAll(/^export (?:async )?(?:const|function|class|type|interface) (\w+)/gm)]
        .map(([, name = '']) => name)
        .filter((name) => {
          const word = new RegExp(`\\b${name}\\b`, 'g')
          const outside = [...texts].some(([other, text]) => other !== path && text.match(word))
          return !outside
        })
        .map((name) => `${path}: ${name}`),
    )
    expect(unused).toEqual([])
  })

  test('every view is shown or included', () => {
    const everything = [
      ...sources.map(({ content }) => content),
      ...files('views', '.eta').map((f) => readFileSync(f, 'utf8')),
    ].join('\n')
    const names = files('views', '.eta').map((path) => path.slice('views/'.length, -'.eta'.length))
    expect(names.filter((name) => !everything.includes(name))).toEqual([])
  })

  test('raw template output is only for includes, layouts and the drawn icons', () => {
    const raw = files('views', '.eta').flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/<%~(.*?)%>/gs)]
        .map(([, code = '']) => code.trim())
        .filter((code) => !/^(include\(|it\.body\b|icons\[|block\()/.test(code))
        .map((code) => `${path}: ${code}`),
    )
    expect(raw).toEqual([])
  })

  test('SQL is never put together from strings', () => {
    const unsafe = sources.filter(({ content }) => /\$(query|execute)RawUnsafe|Prisma\.raw\(/.test(content))
    expect(unsafe.map(({ path }) => path)).toEqual([])
  })

  test('every dependency is used, and nothing else is imported', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>
    }
    const outside = new Set(
      sources
        .flatMap(({ imports }) => imports.filter((name) => !/^(src\/|node:|\.)/.test(name)))
        .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name),
    )
    // The generated code imports Prisma's runtime.
    expect([...outside].sort()).toEqual(
      Object.keys(dependencies)
        .filter((name) => name !== '@prisma/client')
        .sort(),
    )
  })
})
