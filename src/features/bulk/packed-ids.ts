/** Ids of a page's people, so short that they fit into an address. */
export const PACKED_IDS = /^([\w-]{22}){1,50}$/

/** Ids of people in a form that an address has room for: 22 characters each. */
export const packIds = (ids: string[]) =>
  ids.map((id) => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')).join('')

/** The ids again. */
export function unpackIds(packed: string): string[] {
  return (packed.match(/.{22}/g) ?? []).map((part) =>
    Buffer.from(part, 'base64url')
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  )
}
