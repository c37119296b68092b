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
  // Every name here is a path below views/, so finding it needs no more than this.
  eta.resolvePath = (name) => `${FOLDER}/${name.replace(/^\//, '')}.eta`
  for (const file of readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.eta')) {
      const filepath = eta.resolvePath(file.slice(0, -'.eta'.length).replaceAll(sep, '/'))
      eta.templatesSync.define(filepath, eta.compile(readFileSync(filepath, 'utf8'), { filepath }))
    }
  return eta
}
