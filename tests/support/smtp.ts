import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { domainToASCII } from 'node:url'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

/**
 * What a mail server does with a mail: it takes it, answers a code where the mail is not wanted, goes silent,
 * is slower than anyone waits for, or hangs up, before or after it has kept the mail.
 */
export type Mood =
  | 'is well'
  | 'hangs up'
  | 'is silent'
  | 'is silent after HELO'
  | 'is silent after DATA'
  | 'trickles'
  | 'hangs up after DATA'
  | 'keeps the mail and hangs up'
  | 'has a certificate nobody trusts'
  | { at: 'AUTH' | 'RCPT' | 'DATA'; code: number }

/** A mail that was kept, as sent and as mail programs read it. */
export type Arrived = { from: string; to: string[]; raw: string; mail: ParsedMail }

/** A mail server in this process, on the loopback interface; on a port of its own unless one is named. */
export async function startSink(port = 0) {
  const arrived: Arrived[] = []
  const sink = {
    /** Holds for connections to come. */
    mood: 'is well' as Mood,
    /** Is told of each mail when all of it has been read, before the answer to it. */
    onMail: (_mail: Arrived): void => {},
    arrived,
    connections: 0,
  }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sink.connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    converse(socket, sink)
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = server.address() as AddressInfo
  return Object.assign(sink, {
    port: own,
    url: `smtp://user:secret@127.0.0.1:${own}`,
    async stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  })
}

export type Sink = Awaited<ReturnType<typeof startSink>>

function converse(socket: Socket, sink: Pick<Sink, 'mood' | 'onMail' | 'arrived'>) {
  const { mood } = sink
  if (mood === 'hangs up') return socket.destroy()
  if (mood === 'is silent') return socket.resume()
  if (mood === 'is silent after HELO') return socket.resume().write('220 sink\r\n')
  if (mood === 'trickles') return trickle(socket)

  const refusal = (at: 'AUTH' | 'RCPT' | 'DATA') =>
    typeof mood === 'object' && mood.at === at
      ? Object.assign(new Error('Not today'), { responseCode: mood.code })
      : null
  const smtp = new SMTPServer({
    logger: false,
    disabledCommands: mood === 'has a certificate nobody trusts' ? [] : ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, answer) =>
      username === 'user' && password === 'secret'
        ? answer(refusal('AUTH'), { user: username })
        : answer(new Error('Wrong name or password')),
    onRcptTo: (_address, _session, answer) => answer(refusal('RCPT')),
    async onData(stream, { envelope: { mailFrom, rcptTo } }, answer) {
      // Who goes away in the midst of a mail has sent none.
      const raw = await text(stream).catch(() => undefined)
      if (raw === undefined) return
      const to = rcptTo.map(({ address }) => asSent(address))
      const mail = { from: mailFrom ? mailFrom.address : '', to, raw, mail: await simpleParser(raw) }
      const refused = refusal('DATA')
      if (!refused && mood !== 'hangs up after DATA' && mood !== 'is silent after DATA')
        sink.arrived.push(mail)
      sink.onMail(mail)
      if (mood === 'hangs up after DATA' || mood === 'keeps the mail and hangs up') socket.destroy()
      else if (mood !== 'is silent after DATA') answer(refused)
    },
  })
  // A client that goes away, or refuses our certificate, is no error of ours.
  smtp.on('error', () => {})
  smtp.connect(socket)
}

/** The server shows domains decoded; this is how they came. */
const asSent = (address: string) => address.replace(/[^@]+$/, domainToASCII)

/** Greets, and then never ends its answer. */
function trickle(socket: Socket) {
  socket.write('220 sink\r\n')
  socket.once('data', () => {
    socket.resume().write('250-')
    const dripping = setInterval(() => socket.write('x'), 100)
    socket.on('close', () => clearInterval(dripping))
  })
}
