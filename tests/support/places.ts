import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

type Value = string | number | Value[] | { [key: string]: Value }

/** A control byte of the data section, and the size that doesn't fit it: https://maxmind.github.io/MaxMind-DB/ */
function control(type: number, size: number): Buffer {
  const [short, ...more] = size < 29 ? [size] : [29, size - 29]
  return Buffer.from(type > 7 ? [short ?? 0, type - 7, ...more] : [(type << 5) | (short ?? 0), ...more])
}

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)])
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([control(6, 4), bytes])
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)])
  const pairs = Object.entries(value).flatMap(([key, each]) => [encode(key), encode(each)])
  return Buffer.concat([control(7, pairs.length / 2), ...pairs])
}

/** The bits of an address in a tree of IPv6, in which IPv4 stands behind 96 zeros. */
function bits(ip: string): string {
  if (isIPv4(ip))
    return (
      '0'.repeat(96) +
      ip
        .split('.')
        .map((byte) => Number(byte).toString(2).padStart(8, '0'))
        .join('')
    )
  const [head = '', tail = ''] = ip.split('::')
  const [left, right] = [head, tail].map((part) => part.split(':').filter(Boolean))
  const zeros = Array(8 - (left?.length ?? 0) - (right?.length ?? 0)).fill('0')
  return [...(left ?? []), ...zeros, ...(right ?? [])]
    .map((group) => parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('')
}

/** A MaxMind database that knows these networks and no other. */
export function placesFile(networks: Record<string, Value>, type = 'Test-City'): Buffer {
  const nodes: (number | undefined | { at: number })[][] = [[]]
  const data: Buffer[] = []
  for (const [network, record] of Object.entries(networks)) {
    const [ip = '', length = ''] = network.split('/')
    const path = bits(ip).slice(0, isIPv4(ip) ? 96 + Number(length) : Number(length))
    const at = Buffer.concat(data).length
    data.push(encode(record))
    let node = 0
    for (const bit of path.slice(0, -1)) {
      const next = nodes[node]?.[Number(bit)]
      if (typeof next === 'number') node = next
      else {
        nodes.push([])
        const made = nodes.length - 1
        const parent = nodes[node]
        if (parent) parent[Number(bit)] = made
        node = made
      }
    }
    const leaf = nodes[node]
    if (leaf) leaf[Number(path.at(-1))] = { at }
  }
  const tree = Buffer.alloc(nodes.length * 6)
  for (const [i, node] of nodes.entries())
    for (const side of [0, 1]) {
      const to = node[side]
      const value = typeof to === 'object' ? nodes.length + 16 + to.at : (to ?? nodes.length)
      tree.writeUIntBE(value, i * 6 + side * 3, 3)
    }
  const metadata = encode({
    ...{ binary_format_major_version: 2, binary_format_minor_version: 0, build_epoch: 0, ip_version: 6 },
    ...{ database_type: type, description: {}, languages: ['en'], node_count: nodes.length, record_size: 24 },
  })
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ])
}

/** A place as such databases have it. */
export const place = (city: string | undefined, country: string) => ({
  ...(city && { city: { names: { en: city } } }),
  country: { names: { en: country } },
})

/** The file on the disk until the test is over, and how to put another in its place. */
export function keepPlaces(networks: Record<string, Value>, type?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-places-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'places.mmdb')
  const replace = (content: Buffer) => writeFileSync(path, content)
  replace(placesFile(networks, type))
  return { path, replace }
}
