import { connects, matchesName, nameSet } from '../../code.ts';
import { isLocalOnly, isPortOnly } from '../../hosts.ts';
import { type CodeRule, needs, scriptLanguages } from '../../rule.ts';

const clients = nameSet(`
  fetch WebSocket EventSource XMLHttpRequest navigator.sendBeacon
  http.get http.request http.Agent https.get https.request https.Agent http2.connect
  net.connect net.createConnection net.Socket net.Socket().connect net.Stream tls.connect dgram.createSocket().send dgram.createSocket().connect
  dns.lookup dns.resolve dns.resolve4 dns.promises. dns.Resolver
  axios axios. node-fetch got superagent request undici. ws socket.io-client ssh2. nodemailer. follow-redirects. puppeteer. playwright.
`);
const servers = nameSet(
  'http.createServer http.Server https.createServer http2.createServer http2.createSecureServer net.createServer net.Server tls.createServer dgram.createSocket express express() fastify koa Bun.serve Deno.serve',
);

export const network: CodeRule = {
  name: 'network',
  about: 'Connects to other machines, or opens a server.',
  languages: scriptLanguages,
  cwe: 'CWE-918',
  bad: [
    "await fetch('https://example.com');",
    "const { get: g } = require('node:https');\ng('https://example.com');",
    "import net from 'net';\nnet.connect(4444, '10.0.0.1');",
    "const send = globalThis['fet' + 'ch'];\nsend(url);",
    "import axios from 'axios';\naxios.post('http://x.example', {});",
    "new WebSocket('ws://x.example');",
    "const net = require('net');\nnew net.Socket().connect(1, 'x.example');",
    '[url].map(fetch);',
  ],
  good: [
    'function fetch(x) { return x; }\nfetch(1);',
    "const url = new URL('https://example.com');",
    "const http = require('http');\nconst server = http.createServer();\nserver.listen(0);\nhttp.get('http://127.0.0.1:3000/');",
    "console.log('fetch(https://example.com)'); // fetch('x')",
    'class Store { fetch() { return 1; } }\nnew Store().fetch();',
  ],
  *check(facts) {
    const used = facts.uses.filter((use) => use.form !== 'import');
    for (const use of used) {
      if (servers.has(use.path))
        yield needs(
          'net.server',
          use.at,
          `${use.path} opens a server; only the program itself can reach it.`,
        );
      else if (matchesName(use.path, clients))
        yield connects(use.path, isLocalOnly(use.args, use.named) || isPortOnly(use.args), use.at);
    }
  },
};
