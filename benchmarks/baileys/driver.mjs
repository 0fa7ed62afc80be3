// Baileys as a bot, in a process of its own: `node driver.mjs MODULE FOLDER PROXY`, with WHATSAPP_ROOT_KEY and
// NODE_EXTRA_CA_CERTS set. MODULE: the path of Baileys' index.js; FOLDER: for the session.
//
// It answers `ping` with `pong`. Lines of JSON go out: {"event": "qr", "code": ...}, {"event": "open"}. To a line
// {"n": 1, ...} it answers {"n": 1, "result": ...}, how many messages have come.

import http from 'node:http'
import https from 'node:https'
import path from 'node:path'
import readline from 'node:readline'
import tls from 'node:tls'
import { pathToFileURL } from 'node:url'

const [module, folder, proxy] = process.argv.slice(2)
const tell = told => process.stdout.write(JSON.stringify(told) + '\n')
const quiet = () => {}
for (const level of ['log', 'info', 'warn', 'error']) console[level] = quiet // a library prints its sessions
const logger = { level: 'silent', child: () => logger, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }

const baileys = await import(pathToFileURL(module))
const { WA_CERT_DETAILS } = await import(pathToFileURL(path.join(path.dirname(module), 'Defaults/index.js')))
Buffer.from(process.env.WHATSAPP_ROOT_KEY, 'hex').copy(WA_CERT_DETAILS.PUBLIC_KEY)

class ThroughProxy extends https.Agent {
  createConnection(options, callback) {
    const { hostname, port } = new URL(proxy)
    http
      .request({ host: hostname, port, method: 'CONNECT', path: `${options.host}:${options.port || 443}` })
      .on('connect', (_, socket) => callback(null, tls.connect({ socket, servername: options.host })))
      .on('error', callback)
      .end()
  }
}

const { state, saveCreds } = await baileys.useMultiFileAuthState(folder)
const agent = new ThroughProxy()
let came = 0

function connect() {
  const auth = { creds: state.creds, keys: baileys.makeCacheableSignalKeyStore(state.keys, logger) }
  const socket = baileys.makeWASocket({ auth, agent, fetchAgent: agent, logger })

  async function take(message) {
    const text = message.message?.conversation || message.message?.extendedTextMessage?.text
    if (message.key.fromMe || !text) return
    came += 1
    if (text.endsWith('ping')) await socket.sendMessage(message.key.remoteJid, { text: 'pong' }, { quoted: message })
  }

  socket.ev.on('creds.update', saveCreds)
  socket.ev.on('messages.upsert', ({ messages }) => {
    for (const message of messages) take(message).catch(error => process.stderr.write(`${error}\n`))
  })
  socket.ev.on('connection.update', ({ qr, connection }) => {
    if (qr) tell({ event: 'qr', code: qr })
    if (connection === 'open') tell({ event: 'open' })
    if (connection === 'close') connect()
  })
}

connect()
for await (const line of readline.createInterface({ input: process.stdin })) {
  tell({ n: JSON.parse(line).n, result: came })
}
process.exit(0)
