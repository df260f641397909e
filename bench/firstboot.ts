// What first boot itself takes: start of the program, its memory, and a join against a simulated coordinator without delays.
// Usage: npm run bench:firstboot [-- --rounds N]
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleProgram } from '../src/builder/bundle.ts';
import { run } from '../src/common/process.ts';
import { joinPool } from '../src/firstboot/pool/join.ts';
import { socketDoor } from '../src/xenapi/door.ts';
import { LOCAL, openSession } from '../src/xenapi/session.ts';
import { Lab, type SimulatedHost } from '../test/xapi-simulator/lab.ts';
import { listen } from '../test/xapi-simulator/server.ts';

/** Divides the measured delays of the real server: what is left is our own time. */
const WITHOUT_DELAYS = 1e6;

const MAIN = fileURLToPath(new URL('../src/firstboot/main.js', import.meta.url));

/** Prints its own peak memory at the end. */
const MEMORY = 'process.on("exit",()=>console.error(process.resourceUsage().maxRSS));';

const { signal } = new AbortController();

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

async function measureStart(program: string, directory: string, rounds: number) {
  const preload = join(directory, 'memory.cjs');
  await writeFile(preload, MEMORY);
  const seconds: number[] = [];
  const node: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    node.push((await run(['node', '-e', '0'])).seconds);
    const started = await run(['node', '--require', preload, program, '--help']);
    seconds.push(started.seconds);
    memory.push(Number(started.stderr.trim()) / 1024);
  }
  return { seconds: median(seconds), node: median(node), memory: median(memory) };
}

/** Seconds from the call to "joined", and calls of the API. */
async function measureJoin(directory: string): Promise<{ seconds: number; calls: number }> {
  const lab = new Lab(WITHOUT_DELAYS);
  let calls = 0;
  const serve = async (name: string, host: SimulatedHost) => {
    const counting = {
      answer: (...given: Parameters<SimulatedHost['answer']>) => {
        calls += 1;
        return host.answer(...given);
      },
    };
    const socket = await listen(counting, 'unix', join(directory, name));
    return { door: socketDoor(String(socket.at)), close: socket.close };
  };
  const add = (address: string, role: string): SimulatedHost =>
    lab.add({
      ...{ address, nics: [{ device: 'eth0', mac: '52:54:00:00:00:01' }] },
      poolConf: join(directory, role),
    });
  const [first, second] = [add('10.0.0.1', 'role1'), add('10.0.0.2', 'role2')];
  await writeFile(join(directory, 'role2'), 'master');
  const [coordinator, own] = [await serve('first', first), await serve('second', second)];
  for (const { door } of [coordinator, own]) await prepare(door, first);
  calls = 0;
  const started = performance.now();
  await joinPool({
    ...{ own: own.door, coordinator: coordinator.door, signal, address: '10.0.0.1' },
    uuid: second.xapi.database.get('host', second.xapi.host)['uuid'] as string,
    credential: { user: 'root', password: 'xenroot' },
    readRole: () => readFile(join(directory, 'role2'), 'utf8'),
    patience: { interval: 20 },
  });
  const seconds = (performance.now() - started) / 1000;
  for (const { close } of [coordinator, own]) await close();
  return { seconds, calls };
}

/** A management interface: without one a host is still booting. */
async function prepare(door: ReturnType<typeof socketDoor>, host: SimulatedHost): Promise<void> {
  const session = await openSession(door, LOCAL, signal);
  const [own = host.xapi.host] = await session.call<string[]>('host.get_all');
  await session.call('PIF.scan', [own]);
  const [pif = ''] = await session.call<string[]>('PIF.get_all');
  await session.call('PIF.reconfigure_ip', [pif, 'DHCP', '', '', '', '']);
  await session.call('host.management_reconfigure', [pif]);
  await session.close();
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const rounds = Number(values.rounds);
const directory = await mkdtemp(join(tmpdir(), 'kronos-bench-'));
try {
  const program = join(directory, 'kronos-firstboot.cjs');
  const { size } = await bundleProgram(MAIN, program);
  const start = await measureStart(program, directory, rounds);
  const joins: { seconds: number; calls: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const place = await mkdtemp(join(directory, 'join-'));
    joins.push(await measureJoin(place));
  }
  const seconds = median(joins.map((one) => one.seconds));
  const verdict = seconds < 2 ? 'holds' : 'falls short';
  process.stdout.write(
    [
      `median of ${rounds} rounds`,
      `kronos-firstboot starts    ${start.seconds.toFixed(3)} s, node alone ${start.node.toFixed(3)} s`,
      `memory at its peak         ${start.memory.toFixed(0)} MiB (bundle ${Math.round(size / 1024)} KiB)`,
      `from the call to joined    ${seconds.toFixed(3)} s, ${joins[0]?.calls ?? 0} calls of the API; limit 2 s: ${verdict}`,
      '',
    ].join('\n'),
  );
} finally {
  await rm(directory, { recursive: true, force: true });
}
