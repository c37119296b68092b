import { once } from 'node:events'
import type { Writable } from 'node:stream'
import pg from 'pg'
import { COLUMNS, type Row } from './made-up-people.ts'
import { seedRest } from './seed-rest.ts'

const ROWS_A_CHUNK = 1_000

/** Fills a migrated, empty database that nobody else uses. Indexes and triggers come after the rows, as that is quicker. */
export async function fillPostgresql(url: string, people: Iterable<Row>) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query('SELECT 1 FROM "User" LIMIT 1')
    if (rows.length) throw new Error('There are people already.')
    await client.query(`
      SET synchronous_commit = off;
      SET maintenance_work_mem = '1GB';
      ALTER TABLE "User" DISABLE TRIGGER USER;
      ALTER TABLE "Authenticator" DISABLE TRIGGER USER;
    `)
    const indexes = await client.query<{ indexname: string; indexdef: string }>(
      `SELECT indexname, indexdef FROM pg_indexes
       WHERE schemaname = current_schema() AND tablename = 'User' AND indexname <> 'User_pkey' ORDER BY indexname`,
    )
    for (const { indexname } of indexes.rows)
      await client.query(`DROP INDEX ${client.escapeIdentifier(indexname)}`)
    await copy(client, `COPY "User" (${COLUMNS.map((column) => `"${column}"`)}) FROM STDIN`, inChunks(people))
    for (const { indexdef } of indexes.rows) await client.query(indexdef)
    await client.query(seedRest(`decode(repeat(md5("id"), 4), 'hex')`))
    await client.query(`
      ALTER TABLE "User" ENABLE TRIGGER USER;
      ALTER TABLE "Authenticator" ENABLE TRIGGER USER;
    `)
    await client.query('VACUUM ANALYZE')
  } finally {
    await client.end()
  }
}

/** PostgreSQL's text format. The names of made-up people hold no tabs, ends of lines or backslashes. */
function* inChunks(people: Iterable<Row>): Generator<Buffer> {
  let lines: string[] = []
  for (const row of people) {
    lines.push(`${row.map((value) => value ?? '\\N').join('\t')}\n`)
    if (lines.length < ROWS_A_CHUNK) continue
    yield Buffer.from(lines.join(''))
    lines = []
  }
  yield Buffer.from(lines.join(''))
}

/** What of pg's connection its types leave out. */
type CopyConnection = pg.Connection & {
  stream: Writable
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** Sends the chunks to a COPY … FROM STDIN, no faster than they are taken. */
function copy(client: pg.Client, sql: string, chunks: Iterable<Buffer>): Promise<void> {
  return new Promise((resolve, reject) => {
    const submittable = {
      submit: (connection: pg.Connection) => connection.query(sql),
      async handleCopyInResponse(connection: CopyConnection) {
        for (const chunk of chunks) {
          connection.sendCopyFromChunk(chunk)
          if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain')
        }
        connection.endCopyFrom()
      },
      handleCommandComplete() {},
      handleReadyForQuery: () => resolve(),
      handleError: reject,
    }
    client.query(submittable)
  })
}
