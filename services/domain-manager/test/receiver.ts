import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'

/** A request that a receiver of webhooks got. */
export type Received = {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A receiver of webhooks on loopback. */
export type Receiver = AsyncDisposable & {
  readonly url: string
  readonly received: Received[]
}

/** Starts a receiver that answers as told; what it got is kept. */
export async function startReceiver(
  answer: (response: ServerResponse, request: Received) => void,
): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const one = await read(request)
      received.push(one)
      answer(response, one)
    })()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook?a=b`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function read(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Buffer))
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)])
  return {
    method: request.method,
    path: request.url,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString('utf8'),
  }
}

/** A mail server on loopback. */
export type MailServer = AsyncDisposable & {
  readonly url: string
  /** Every line that it got, in order. */
  readonly lines: string[]
  /** The mails that it took. */
  readonly mails: string[]
}

/**
 * Starts a mail server that answers what `refuse` gives to a command, and else takes it. An empty
 * answer is none.
 */
export async function startMailServer(
  refuse: (line: string) => string | undefined,
): Promise<MailServer> {
  const lines: string[] = []
  const mails: string[] = []
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    let text = ''
    let mail: string[] | undefined
    socket.write('220 mail.test ESMTP\r\n')
    socket.on('data', (chunk) => {
      text += String(chunk)
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        if (mail === undefined) {
          lines.push(line)
          const reply = refuse(line) ?? replyTo(line)
          if (reply !== '') socket.write(`${reply}\r\n`)
          if (reply.startsWith('354')) mail = []
        } else if (line === '.') {
          const reply = refuse('.') ?? '250 taken'
          if (reply.startsWith('250')) mails.push(mail.join('\n'))
          mail = undefined
          if (reply !== '') socket.write(`${reply}\r\n`)
        } else mail.push(line)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `smtp://user:secret@127.0.0.1:${port}`,
    lines,
    mails,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function replyTo(line: string): string {
  const command = line.slice(0, 4).toUpperCase()
  if (command === 'EHLO') return '250-mail.test\r\n250 AUTH PLAIN'
  if (command === 'AUTH') return '235 welcome'
  if (command === 'DATA') return '354 go on'
  return command === 'QUIT' ? '221 bye' : '250 fine'
}
