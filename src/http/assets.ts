import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, posix, sep } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { Refusal } from '../errors.ts'
import type { App } from './forms.ts'

const PUBLIC = join(import.meta.dirname, '../../public')

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

/** `gzip` and `br` are undefined for what is compressed in itself. */
type Asset = { type: string; plain: Buffer; gzip: Buffer | undefined; br: Buffer | undefined }

/**
 * The files of public/, in memory under names that carry their content's hash, so that browsers keep
 * them for ever. `asset('foyer.css')` is the address of one; `serve` is the feature that answers it.
 */
export const loadAssets = () => {
  loaded ??= readAssets()
  return loaded
}

let loaded: ReturnType<typeof readAssets> | undefined

function readAssets() {
  const assets = new Map<string, Asset>()
  const addresses = new Map<string, string>()

  const asset = (path: string): string => {
    const address = addresses.get(path)
    if (!address) throw new Error(`There is no file public/${path}`)
    return address
  }

  const add = (path: string) => {
    const type = TYPES[extname(path)]
    if (!type) throw new Error(`public/${path} is of a kind that is not served`)
    let content = readFileSync(join(PUBLIC, path))
    if (path.endsWith('.css'))
      content = Buffer.from(
        content.toString().replace(/url\("([^"#]+)"\)/g, (_, url) => `url("${asset(url)}")`),
      )
    const hash = createHash('sha256').update(content).digest('base64url').slice(0, 12)
    const address = `/assets/${posix.join(posix.dirname(path), posix.basename(path, extname(path)))}.${hash}${extname(path)}`
    addresses.set(path, address)
    const isText = type.startsWith('text/') || type === 'image/svg+xml'
    assets.set(address, {
      type,
      plain: content,
      gzip: isText ? gzipSync(content) : undefined,
      br: isText ? brotliCompressSync(content) : undefined,
    })
  }

  const files = readdirSync(PUBLIC, { recursive: true, encoding: 'utf8' })
    .filter((path) => extname(path))
    .map((path) => path.replaceAll(sep, '/'))
  // Stylesheets last: they name other files.
  for (const path of files.sort((a, b) => Number(a.endsWith('.css')) - Number(b.endsWith('.css')))) add(path)

  const serve = (app: App) => {
    app.get('/assets/*', async (request, reply) => {
      const found = assets.get(request.url.replace(/\?.*/, ''))
      if (!found) throw new Refusal(404, 'There is no such file.')
      reply.headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'Accept-Encoding' })
      reply.type(found.type)
      const accepted = request.headers['accept-encoding'] ?? ''
      const encoding = accepted.includes('br') ? 'br' : accepted.includes('gzip') ? 'gzip' : undefined
      const compressed = encoding && found[encoding]
      if (compressed) reply.header('content-encoding', encoding)
      return reply.send(compressed ?? found.plain)
    })
  }
  return { asset, serve }
}
