const http = require('node:http');
const server = http
  .createServer((_, answer) => answer.end('inside'))
  .listen(0, '127.0.0.1', () => {
    http.get({ port: server.address().port, host: '127.0.0.1' }, (answer) => {
      answer.on('data', (text) => console.log(String(text)));
      server.close();
    });
  });
