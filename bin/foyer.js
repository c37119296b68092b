#!/usr/bin/env node
// The `foyer` command, and what `npm start` runs. Prisma's clients are generated first, when they are not there yet:
// dependencies may run no scripts at their installation, so nobody else would.
import { generate } from '../tools/generate.ts'

await generate()
await import('../src/cli.ts')
