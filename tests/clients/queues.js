// Queues on node-redis: prints one line of JSON with what came of them. node_test.py judges it.
//
//   node queues.js PORT JOBS WORKERS

const { createClient, commandOptions } = require('redis');

const [port, jobs, workers] = process.argv.slice(2).map(Number);
const STOP = 'stop';

async function connect() {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', (error) => { console.error(error); process.exit(1); });
  await client.connect();
  return client;
}

// Takes jobs until it is told to stop. A connection that waits can do nothing else.
async function worker() {
  const waiting = await connect();
  const done = [];
  for (;;) {
    const job = await waiting.blMove('jobs', 'in work', 'RIGHT', 'LEFT', 0);
    const removed = await waiting.lRem('in work', -1, job);
    if (removed !== 1) throw new Error(`${job} was removed ${removed} times`);
    if (job === STOP) break;
    done.push(job);
  }
  await waiting.quit();
  return done;
}

async function main() {
  const client = await connect();
  const running = Array.from({ length: workers }, worker);
  for (let number = 0; number < jobs; ++number) client.lPush('jobs', `job:${number}`);
  await client.lPush('jobs', Array(workers).fill(STOP));
  const done = await Promise.all(running);

  // On a connection of its own, out of a pool.
  const popped = client.brPop(commandOptions({ isolated: true }), ['none', 'results'], 0);
  const pushed = await client.multi().lPush('results', 'a').lPush('results', 'b').exec();
  const members = Array.from({ length: 1000 }, (_, number) => `member:${number}`);
  await client.sAdd('set', members);
  let scanned = new Set();
  for await (const member of client.sScanIterator('set', { COUNT: 100 })) scanned.add(member);

  console.log(JSON.stringify({
    done: done.flat(), left: await client.exists(['jobs', 'in work']), popped: await popped, pushed,
    none: await client.blPop(commandOptions({ isolated: true }), 'none', 0.01),
    members: scanned.size, drawn: (await client.sPop('set', 10)).length,
    rest: await client.sCard('set'),
  }));
  await client.quit();
}

main().catch((error) => { console.error(error); process.exit(1); });
