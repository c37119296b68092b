import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

const TYPES = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' } as const

/** Answers with a file of this name and format, part by part as it is made. */
export const sendFile = (
  reply: FastifyReply,
  name: string,
  format: keyof typeof TYPES,
  parts: AsyncIterable<string>,
) =>
  reply
    .type(TYPES[format])
    .header('content-disposition', `attachment; filename="${name}.${format}"`)
    .send(Readable.from(parts))
