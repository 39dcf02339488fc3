import { connects, matchesName, nameSet } from '../../code.ts';
import { isLocalOnly } from '../../hosts.ts';
import { type CodeRule, needs, type Use } from '../../rule.ts';

const clients = nameSet(`
  urllib.request.urlopen urllib.request.urlretrieve urllib.request.build_opener urllib.request.Request urllib.request.OpenerDirector urllib.request.URLopener urllib.urlopen
  requests. httpx. aiohttp. urllib3. httplib2. pycurl. paramiko. fabric. websocket. websockets. scapy. boto3.
  http.client.HTTPConnection http.client.HTTPSConnection ftplib.FTP ftplib.FTP_TLS smtplib.SMTP smtplib.SMTP_SSL
  poplib.POP3 poplib.POP3_SSL imaplib.IMAP4 imaplib.IMAP4_SSL telnetlib.Telnet nntplib.NNTP xmlrpc.client.ServerProxy
  socket.create_connection socket.socket().connect socket.socket().connect_ex socket.socket().sendto
  socket.gethostbyname socket.getaddrinfo socket.gethostbyaddr socket.getfqdn
  multiprocessing.connection.Client multiprocessing.connection.Listener multiprocessing.managers.BaseManager multiprocessing.managers.BaseManager.connect
  asyncio.open_connection webbrowser.open webbrowser.open_new ssl.get_server_certificate logging.handlers.HTTPHandler
`);
const servers = nameSet(`
  socket.socket().bind socket.socket().listen socket.create_server asyncio.start_server
  http.server.HTTPServer http.server.ThreadingHTTPServer socketserver.TCPServer socketserver.ThreadingTCPServer socketserver.UDPServer
  wsgiref.simple_server.make_server xmlrpc.server.SimpleXMLRPCServer
  flask.Flask fastapi.FastAPI uvicorn.run aiohttp.web. bottle.run tornado.web.Application
`);

function reachOf(use: Use): readonly Parameters<typeof isLocalOnly>[0][number][] {
  return [...use.args, ...(use.receiver?.args ?? [])];
}

export const network: CodeRule = {
  name: 'network',
  about: 'Connects to other machines, or opens a server.',
  languages: ['python'],
  cwe: 'CWE-918',
  bad: [
    "import requests\nrequests.get('https://example.com')",
    "from urllib.request import urlopen as fetch\nfetch('http://example.com')",
    "import socket\ns = socket.socket()\ns.connect(('10.0.0.1', 80))",
    "import http.client\nhttp.client.HTTPSConnection('example.com')",
    "import requests as r\nsession = r.Session()\nsession.post('http://127.0.0.1:5758/submit', data='x')",
    "import socket\nclass Client:\n    def __init__(self):\n        self.s = socket.socket()\n    def go(self):\n        self.s.connect(('10.0.0.1', 80))",
    "import importlib\nm = importlib.import_module('requests')\nm.get(url)",
  ],
  good: [
    "from urllib.parse import urlparse\nurlparse('https://example.com')",
    "url = 'https://example.com'\nprint('requests.get', url)",
    "import socket\nserver = socket.socket()\nserver.bind(('127.0.0.1', 0))\nserver.listen()",
    "from http.server import HTTPServer, BaseHTTPRequestHandler\nimport urllib.request\nHTTPServer(('127.0.0.1', 8123), BaseHTTPRequestHandler)\nurllib.request.urlopen('http://127.0.0.1:8123/')",
    'requests = []\nrequests.append(1)\nrequests.get = 3',
  ],
  *check(facts) {
    const called = facts.uses.filter((use) => use.form !== 'import');
    const socketsUsed = called.some(({ path }) =>
      /^socket\.socket\(\)\.(connect|connect_ex|sendto|bind|listen)$/.test(path),
    );
    for (const use of called) {
      if (matchesName(use.path, servers))
        yield needs(
          'net.server',
          use.at,
          `${use.path} opens a server; only the program itself can reach it.`,
        );
      else if (matchesName(use.path, clients) || (use.path === 'socket.socket' && !socketsUsed)) {
        if (/^requests\.(exceptions|Response|models|structures)\b/.test(use.path)) continue;
        yield connects(use.path, isLocalOnly(reachOf(use), use.named), use.at);
      }
    }
  },
};
