#!/usr/bin/env node
// The `foyer` command, and what `npm start` runs. It is JavaScript, as it opens the cache for whatever is TypeScript:
// from the second start on nothing is parsed anew, which saves a third of the time and 8 MB.
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/node'))
// Prisma's clients are generated first, when they are not there yet: dependencies may run no scripts at their
// installation, so nobody else would.
const { generate } = await import('../tools/generate.ts')
await generate()
await import('../src/cli.ts')
