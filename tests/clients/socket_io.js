// Two servers of socket.io that know of each other through the Redis adapter, and a browser on
// each: prints one line of JSON with what came of it. npm_test.py judges it.
//
//   node socket_io.js PORT MESSAGES [sharded]

const { createServer } = require('http');
const { createClient } = require('redis');
const { Server } = require('socket.io');
const { io } = require('socket.io-client');
const { createAdapter, createShardedAdapter } = require('@socket.io/redis-adapter');

const [port, messages] = process.argv.slice(2, 4).map(Number);
const sharded = process.argv[4] === 'sharded';

async function connect() {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', (error) => { console.error(error); process.exit(1); });
  await client.connect();
  return client;
}

async function startServer() {
  const publisher = await connect();
  const subscriber = await connect();
  const http = createServer();
  const adapter = sharded ? createShardedAdapter(publisher, subscriber)
    : createAdapter(publisher, subscriber);
  const server = new Server(http, { adapter });
  server.on('connection', (socket) => {
    socket.on('join', (room, done) => Promise.resolve(socket.join(room)).then(done));
    socket.on('say', (room, text) => server.to(room).emit('said', text));
  });
  await new Promise((resolve) => { http.listen(0, '127.0.0.1', resolve); });
  const browser = io(`http://127.0.0.1:${http.address().port}`, { transports: ['websocket'] });
  await new Promise((resolve) => { browser.on('connect', resolve); });
  const heard = [];
  browser.on('said', (text) => heard.push(text));
  return { server, browser, heard };
}

async function until(condition) {
  for (const end = Date.now() + 20000; Date.now() < end && !condition();) {
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}

async function main() {
  const here = await startServer();
  const there = await startServer();
  await new Promise((resolve) => { there.browser.emit('join', 'room', resolve); });
  // The servers have to know of each other first.
  await new Promise((resolve) => { setTimeout(resolve, 500); });
  for (let number = 0; number < messages; ++number) here.browser.emit('say', 'room', number);
  await until(() => there.heard.length >= messages);
  const sockets = await here.server.fetchSockets();
  const answers = await new Promise((resolve) => {
    there.server.on('count', (reply) => reply(there.heard.length));
    here.server.serverSideEmit('count', (error, replies) => resolve(error ? String(error) : replies));
  });
  console.log(JSON.stringify({
    in_order: there.heard.every((text, index) => text === index), heard: there.heard.length,
    not_in_the_room: here.heard.length, sockets: sockets.length, answers }));
  process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
