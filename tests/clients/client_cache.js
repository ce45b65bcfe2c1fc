// The client-side cache of node-redis: prints one line of JSON with what came of it.
// npm_test.py judges it.
//
//   node client_cache.js PORT KEYS

const { createClient } = require('redis');

const [port, keys] = process.argv.slice(2).map(Number);
const READS = 20;

async function connect(options = {}) {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP: 3, ...options });
  client.on('error', (error) => { console.error(error); process.exit(1); });
  await client.connect();
  return client;
}

async function getsOf(client) {
  const line = /cmdstat_get:calls=(\d+)/.exec(await client.info('commandstats'));
  return line ? Number(line[1]) : 0;
}

// Until the cache says what was written, or two seconds have passed.
async function readsUntil(client, key, value) {
  for (const end = Date.now() + 2000; Date.now() < end;) {
    if (await client.get(key) === value) return true;
    await new Promise((resolve) => { setTimeout(resolve, 1); });
  }
  return false;
}

async function main() {
  const writer = await connect();
  const reader = await connect({ clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: 'LRU' } });
  const names = Array.from({ length: keys }, (_, number) => `key:${number}`);
  for (const name of names) await writer.set(name, 'old');
  for (let round = 0; round < READS; ++round) {
    for (const name of names) if (await reader.get(name) !== 'old') throw new Error(name);
  }
  const gets = await getsOf(writer);

  let renewed = 0;
  for (const name of names) {
    await writer.set(name, 'new');
    if (await readsUntil(reader, name, 'new')) ++renewed;
  }
  await writer.set('gone', 'soon', { PX: 50 });
  const before = await reader.get('gone');
  const expired = await readsUntil(reader, 'gone', null);
  await reader.get(names[0]);
  await writer.flushAll();
  const flushed = await readsUntil(reader, names[0], null);
  console.log(JSON.stringify({ gets, renewed, before, expired, flushed }));
  await reader.close();
  await writer.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
