// What Foyer is compared with: `PORT=… node bench/bare.ts PAGE` sends the file PAGE, and hashes what is posted.
import { readFileSync } from 'node:fs'
import argon2 from 'argon2'
import Fastify from 'fastify'
import { readConfig } from '../src/config.ts'

const page = readFileSync(String(process.argv[2]), 'utf8')
const { argon2: cost, host, port } = readConfig(process.env)

const app = Fastify()
app.addContentTypeParser(
  'application/x-www-form-urlencoded',
  { parseAs: 'string' },
  async (_request: unknown, form: string) => form,
)
app.get('/register', async (_request, reply) => reply.type('text/html; charset=utf-8').send(page))
app.post<{ Body: string }>('/register', async ({ body }) => argon2.hash(body, cost))
await app.listen({ host, port })
