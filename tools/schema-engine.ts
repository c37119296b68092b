// Prisma's schema engine as WebAssembly, which compares a database with the models. Needs no network.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'
import { sqlitePath } from '../src/db/sqlite.ts'
import { SqliteAdapterFactory } from '../src/db/sqlite-adapter.ts'

/** SQLite's search index, which Prisma has no words for. */
const SEARCH_TABLES = [
  'SearchKey',
  'UserSearch',
  ...['data', 'idx', 'config'].map((part) => `UserSearch_${part}`),
]

const POSTGRESQL_CHAR = 18
const POSTGRESQL_TEXT = 25

/** The SQL that brings the database at `url` to the models of the Prisma schema; empty if it has them. */
export async function differenceSql(url: string, schema: string): Promise<string> {
  load()
  const database = await connect(url)
  try {
    const adapters = bindMigrationAwareSqlAdapterFactory(factoryOf(database))
    const files = [{ path: 'schema.prisma', content: schema }]
    const engine = await bindings.SchemaEngine.new(
      { datamodels: files.map(({ path, content }) => [path, content]) },
      () => {},
      adapters,
    )
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: { externalTables: url.startsWith('file:') ? SEARCH_TABLES : [], externalEnums: [] },
    })
    engine.free()
    return exitCode === 0 ? '' : (stdout ?? '')
  } finally {
    await database.dispose()
  }
}

// The engine tells of a panic here, or fails with a riddle.
Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: console.error } })

let loaded = false

function load() {
  if (loaded) return
  loaded = true
  const script = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const module = new WebAssembly.Module(readFileSync(script.replace(/\.js$/, '.wasm')))
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': bindings })
  bindings.__wbg_set_wasm(exports)
  const { __wbindgen_start: start } = exports as { __wbindgen_start?: () => void }
  start?.()
}

async function connect(url: string): Promise<SqlDriverAdapter> {
  return url.startsWith('file:') ? connectToSqlite(url) : connectToPostgresql(url)
}

/** Ours, for which a text in double quotes, as the engine names a partial index, is a column. */
async function connectToSqlite(url: string): Promise<SqlDriverAdapter> {
  const adapter = await new SqliteAdapterFactory(sqlitePath(url)).connect()
  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = ({ sql, ...rest }) =>
    queryRaw({ ...rest, sql: sql.replace(/ AND name = "(\w+)";$/, " AND name = '$1'") })
  return adapter
}

/** Prisma's adapter, taught the type "char" of PostgreSQL's catalogue: it passes as text, then is named again. */
async function connectToPostgresql(url: string): Promise<SqlDriverAdapter> {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const query = pool.query.bind(pool) as (config: pg.QueryConfig) => Promise<pg.QueryResult>
  let isChar: boolean[] = []
  pool.query = (async (config: pg.QueryConfig) => {
    const result = await query(config)
    isChar = result.fields.map(({ dataTypeID }) => dataTypeID === POSTGRESQL_CHAR)
    for (const [index, field] of result.fields.entries())
      if (isChar[index]) field.dataTypeID = POSTGRESQL_TEXT
    return result
  }) as pg.Pool['query']

  const adapter = await new PrismaPg(pool, { disposeExternalPool: true }).connect()
  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = async (sqlQuery) => {
    const { columnTypes, ...result } = await queryRaw(sqlQuery)
    return {
      ...result,
      columnTypes: columnTypes.map((type, i) => (isChar[i] ? ColumnTypeEnum.Character : type)),
    }
  }
  return adapter
}

function factoryOf(database: SqlDriverAdapter): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: database.provider,
    adapterName: database.adapterName,
    connect: async () => database,
    connectToShadowDb: async () => {
      throw new Error('The schema engine compares with a real database only')
    },
  }
}
