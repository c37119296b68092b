import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { Eta } from 'eta'

const FOLDER = join(import.meta.dirname, '../views')

/** Every template, compiled at the start: a mistake in one stops it, and nobody waits for a file. */
export const views = compileViews()

function compileViews(): Eta {
  const eta = new Eta({
    views: FOLDER,
    cache: true,
    autoFilter: true,
    filterFunction: (value) => String(value ?? ''),
  })
  // A template’s name is its path below views/, with a slash before it, and it is kept under that.
  eta.resolvePath = (name) => name
  for (const file of readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.eta')) {
      const name = `/${file.slice(0, -'.eta'.length).replaceAll(sep, '/')}`
      const template = readFileSync(join(FOLDER, file), 'utf8')
      eta.templatesSync.define(name, eta.compile(template, { filepath: name }))
    }
  return eta
}
