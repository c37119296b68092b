import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { App } from './requests.ts'

/** The port of the app, listening on the loopback interface until it is closed. */
export async function listening(app: App): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

/** A socket to the app, open. A connection that the server cuts while we write is no error here. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket.on('error', () => {})
}

/** What came back on a connection, until the server closed it, in the first answer's parts. */
export function parseAnswer(all: string) {
  const [head = '', ...rest] = all.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  return { status: Number(statusLine.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n'), all }
}

/** Everything the server says until it closes the connection. */
export const untilClosed = async (socket: Socket) => parseAnswer(await text(socket).catch(() => ''))

/** Sends these bytes as they are on a connection of their own and reads until the server closes it. */
export async function sendRaw(port: number, bytes: string | Buffer) {
  const socket = await dial(port)
  const answer = untilClosed(socket)
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  return answer
}

/** A request written out, on a connection that is not to be kept. */
export function written(method: string, target: string, headers: string[] = [], body = '') {
  const own = headers.some((line) => /^host:/i.test(line)) ? [] : ['Host: localhost:3000']
  return [`${method} ${target} HTTP/1.1`, ...own, 'Connection: close', ...headers, '', body].join('\r\n')
}

/** A log-in form written out; `headers` come behind its own. */
export const form = (body: string, headers: string[] = []) =>
  written(
    'POST',
    '/login',
    [
      'Sec-Fetch-Site: same-origin',
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
      ...headers,
    ],
    body,
  )
