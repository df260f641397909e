// `kronos fleet serve` from its start to its end, with the real dnsmasq, in a network of its own: another network is the rack.
import { chmod, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { followLines, run, start } from '../../src/common/process.ts';
import { temporaryDirectory, writeFiles } from '../temporary.ts';
import { TREE } from './server/scene.ts';

const PROGRAM = join(import.meta.dirname, '../../src/cli/main.js');
const FIRMWARE = join(import.meta.dirname, 'programs/firmware.js');

const [ADDRESS, NETWORK] = ['10.79.0.1', '10.79.0'];
const MAC = '52:54:00:ab:00:01';

/** A file of the tree that is fetched by TFTP. */
const BOOT = (TREE['boot.ipxe'] ?? '').trimEnd();

const FLEET = `version: 1
name: rack-7
host:
  root: { passwordHash: "!!", sshKeys: [] }
  disks: { system: { match: {} } }
  network: { management: { interface: { match: {} } } }
hosts:
  xen01: { mac: "${MAC}" }
`;

// Whoever may not make networks runs the other tests of the server.
const asRoot = process.getuid?.() === 0 ? test.serial : test.serial.skip;

interface Network {
  directory: string;
  /** Asks the server as firmware does, from the rack. */
  ask: (what: string) => Promise<string>;
  serve: (more?: readonly string[]) => Server;
  /** Another program that has the port of TFTP. */
  hold: () => Server;
}

interface Server {
  pid: number;
  lines: string[];
  done: Promise<number>;
  /** Waits for a line, and gives it. */
  until: (pattern: RegExp) => Promise<string>;
  dnsmasq: () => Promise<number | undefined>;
}

async function openNetwork(t: ExecutionContext, mode: number): Promise<Network> {
  const directory = await temporaryDirectory(t);
  await chmod(directory, mode);
  const tree = Object.entries(TREE).map(([name, text]) => [`tree/${name}`, text] as const);
  await writeFiles(directory, { 'fleet.yaml': FLEET, ...Object.fromEntries(tree) });
  const names = ['serve', 'rack'].map((name) => `kronos-${name}-${process.pid}`);
  const [own = '', rack = ''] = names;
  for (const name of names) {
    await run(['ip', 'netns', 'add', name]);
    t.teardown(() => run(['ip', 'netns', 'delete', name]));
  }
  const ip = (name: string, ...words: string[]) => run(['ip', '-netns', name, ...words]);
  await ip(own, ...['link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', rack]);
  for (const [index, [name, card]] of [[own, 'eth1'] as const, [rack, 'eth0'] as const].entries()) {
    await ip(name, 'address', 'add', `${NETWORK}.${index + 1}/24`, 'dev', card);
    await ip(name, 'link', 'set', card, 'up');
    await ip(name, 'link', 'set', 'lo', 'up');
  }
  const node = (name: string, ...words: string[]) => [
    'ip',
    'netns',
    'exec',
    name,
    process.execPath,
    ...words,
  ];
  const begin = (argv: readonly string[]): Server => {
    const server = watch(argv);
    t.teardown(async () => {
      kill(server.pid, 'SIGKILL');
      await server.done;
    });
    return server;
  };
  const holding = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.bind(69, '${ADDRESS}', () => console.log('held'));`;
  return {
    directory,
    hold: () => begin(node(own, '--eval', holding)),
    ask: async (what) => (await run(node(rack, FIRMWARE, ADDRESS, what))).stdout,
    serve: (more = []) => {
      const [file, place] = [join(directory, 'fleet.yaml'), join(directory, 'tree')];
      const words = ['--interface', 'eth1', '--tree', place, '--state', join(directory, 'state')];
      return begin(node(own, PROGRAM, 'fleet', 'serve', file, ...words, ...more));
    },
  };
}

function watch(argv: readonly string[]): Server {
  const child = start(argv);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    followLines(stream, (line) => lines.push(line));
  }
  const { pid = 0, done } = child;
  return {
    ...{ pid, lines, done },
    until: (pattern) =>
      soon(
        () => `${String(pattern)} in\n${lines.join('\n')}`,
        async () => {
          const found = lines.find((line) => pattern.test(line));
          const ended = await Promise.race([done, Promise.resolve(undefined)]);
          if (found === undefined && ended !== undefined)
            throw new Error(`it ended with ${ended}:\n${lines.join('\n')}`);
          return found;
        },
      ),
    // `ip` becomes node, and setpriv becomes dnsmasq.
    dnsmasq: async () => {
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
      for (const one of children.split(' ').filter((word) => word !== '')) {
        const name = await readFile(`/proc/${one}/comm`, 'utf8').catch(() => '');
        if (name.trim() === 'dnsmasq') return Number(one);
      }
      return undefined;
    },
  };
}

/** Waits until there is something. */
async function soon<T>(what: () => string, look: () => Promise<T | undefined>): Promise<T> {
  for (let left = 1200; left > 0; left -= 1) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`not reached: ${what()}`);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}

/** Waits until a process is gone. */
const gone = (pid: number): Promise<boolean> =>
  soon(
    () => `the end of ${pid}`,
    async () => {
      const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
      return state === undefined || /\) Z /.test(state) ? true : undefined;
    },
  );

asRoot(
  'the server starts machines until Ctrl-C, leaves nothing behind, and goes on where it was',
  async (t) => {
    t.timeout(180_000);
    // As root's home: dnsmasq, which is nobody, must not have to get through.
    const { ask, directory, hold, serve } = await openNetwork(t, 0o700);
    const url = `http://${ADDRESS}:8080/boot/${MAC}.cfg`;

    // Where one part does not start, none stays.
    const holder = hold();
    await holder.until(/held/);
    const early = serve();
    t.is(await early.done, 5, early.lines.join('\n'));
    t.regex(early.lines.join('\n'), /^error host\/dnsmasq: dnsmasq does not start .*in use/m);
    await t.throwsAsync(ask(url));
    kill(holder.pid, 'SIGKILL');
    await holder.done;

    const first = serve();
    await first.until(/is served/);
    const fingerprint = await first.until(/fingerprint/);
    t.is(await ask('boot.ipxe'), BOOT);
    t.regex(await ask('site.cfg'), new RegExp(`kronos_server=${ADDRESS}:8080`));
    t.regex(await ask(url), /kronos\.fleet\.token=/);
    await t.throwsAsync(ask('../state/operator.token'));
    const tftp = (await first.until(/boot files/)).trim().split(/\s+/).at(-1) ?? '';
    t.regex(tftp, /^\/run\/kronos-fleet-\w+\/tftp$/);
    t.is((await stat(join(directory, 'state/operator.token'))).mode & 0o777, 0o600);

    // A second one finds its ports taken, and takes nothing from the first.
    const second = serve(['--state', join(directory, 'second')]);
    t.is(await second.done, 5, second.lines.join('\n'));
    t.regex(second.lines.join('\n'), /^error host\/port-unavailable/m);
    t.is(await ask('boot.ipxe'), BOOT);

    const dnsmasq = (await first.dnsmasq()) ?? 0;
    t.true(dnsmasq > 0);
    kill(first.pid, 'SIGINT');
    t.is(await first.done, 0, first.lines.join('\n'));
    t.regex(first.lines.join('\n'), /ended; start it again to go on/);
    t.true(await gone(dnsmasq));
    await t.throwsAsync(ask(url));
    await t.throwsAsync(stat(dirname(tftp)), { code: 'ENOENT' });

    // At once, on the same ports, as the same one; and where it is killed, dnsmasq ends with it.
    const again = serve();
    await again.until(/is served/);
    t.is(await again.until(/fingerprint/), fingerprint);
    t.is(await ask('boot.ipxe'), BOOT);
    t.teardown(() => rm(dirname(tftp), { recursive: true }));
    const last = (await again.dnsmasq()) ?? 0;
    kill(again.pid, 'SIGKILL');
    t.true(await gone(last));
  },
);

asRoot(
  'dnsmasq is started again when it ends; one that keeps ending is an error, and the server goes on',
  async (t) => {
    t.timeout(180_000);
    const { ask, serve } = await openNetwork(t, 0o755);
    const server = serve();
    await server.until(/is served/);
    const seen = new Set<number>();
    const next = (): Promise<number> =>
      soon(
        () => 'another dnsmasq',
        async () => {
          const pid = await server.dnsmasq();
          return pid === undefined || seen.has(pid) ? undefined : pid;
        },
      );
    for (let time = 1; time <= 3; time += 1) {
      const pid = await next();
      seen.add(pid);
      const answer = await soon(
        () => 'a file by TFTP',
        () => ask('boot.ipxe').catch(() => undefined),
      );
      t.is(answer, BOOT);
      t.notRegex(server.lines.join('\n'), /host\/dnsmasq-ends/);
      kill(pid, 'SIGKILL');
      await server.until(
        new RegExp(`dnsmasq ended with -?\\d+; it is started again in ${2 ** (time - 1)} s`),
      );
    }
    t.regex(
      await server.until(/host\/dnsmasq-ends/),
      /error host\/dnsmasq-ends: dnsmasq ended 3 times in a row.*hint: .*--no-dhcp/,
    );
    t.regex(await ask(`http://${ADDRESS}:8080/boot/${MAC}.cfg`), /kronos\.fleet\.token=/);
    t.false(seen.has(await next()), 'it is tried again all the same');
  },
);
