const net = require('node:net');
const aim = JSON.parse(process.argv[2]);
const socket = net.connect(aim.tcp, '127.0.0.1', () => {
  console.log('DONE connect');
  socket.destroy();
});
socket.setTimeout(500, () => socket.destroy(new Error('timeout')));
socket.on('error', (error) => console.log('STOP connect', error.code ?? error.message));
