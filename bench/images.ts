// npm run bench:images: how fast a fleet server gives out an image, beside nginx, to the same client (wrk) in turns. Needs the
// programs nginx and wrk.
import { randomFillSync } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatBytes, formatTable } from '../src/common/format.ts';
import { followLines, run, start } from '../src/common/process.ts';
import { median } from './report.ts';

const SIZE = 300e6;
const CLIENTS = 64;
const SECONDS = 10;
const ROUNDS = 3;
const PORTS = { http: 18080, https: 18443, nginx: 18081 };
const IMAGE = 'layers/packages.squashfs';

/** Files of a boot tree that nothing boots from. */
const SMALL = ['grub.0', 'grubx64.efi', 'boot.ipxe', 'grub/grub.cfg', 'grub/here.cfg', 'vmlinuz'];

async function makeTree(tree: string): Promise<void> {
  await mkdir(join(tree, 'layers'), { recursive: true });
  await mkdir(join(tree, 'grub'), { recursive: true });
  for (const name of [...SMALL, 'initrd.img']) await writeFile(join(tree, name), `${name}\n`);
  const file = await open(join(tree, IMAGE), 'w', 0o644);
  const piece = randomFillSync(Buffer.alloc(1e6));
  for (let written = 0; written < SIZE; written += piece.length) await file.write(piece);
  await file.close();
}

const FLEET = `version: 1
name: images
host:
  root: { passwordHash: "!!" }
  disks: { system: { match: {} } }
  network: { management: { interface: { match: {} } } }
hosts:
  xen01: { order: 1 }
`;

const NGINX = (directory: string): string => `worker_processes auto;
error_log ${directory}/error.log;
pid ${directory}/nginx.pid;
daemon off;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server { listen 127.0.0.1:${PORTS.nginx}; root ${directory}/tree; }
}
`;

/** Bytes in a second. */
async function measure(url: string): Promise<number> {
  const options = ['-t', '1', '-c', String(CLIENTS), '-d', `${SECONDS}s`, '--timeout', '60s'];
  const { stdout } = await run(['wrk', ...options, url], { timeoutSeconds: SECONDS * 6 });
  // Not its own rate: whole answers alone would count then.
  const [, number = '', unit = ''] = /Transfer\/sec:\s*([\d.]+)(\w+)/.exec(stdout) ?? [];
  const factor = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }[unit];
  if (factor === undefined) throw new Error(`wrk said: ${stdout}`);
  return Number(number) * factor;
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const there = await fetch(url, { method: 'HEAD' }).catch(() => undefined);
    if (there?.ok === true) return;
    await sleep(200);
  }
  throw new Error(`${url} does not answer`);
}

const directory = await mkdtemp(join(tmpdir(), 'kronos-images-'));
const running: { kill: () => void; done: Promise<unknown> }[] = [];
try {
  const tree = join(directory, 'tree');
  await makeTree(tree);
  await run(['chmod', '-R', 'a+rX', directory]);
  await writeFile(join(directory, 'fleet.yaml'), FLEET);
  await writeFile(join(directory, 'nginx.conf'), NGINX(directory));
  const words = ['--interface', 'lo', '--no-dhcp', '--no-tftp', '--tree', tree];
  const ports = ['--http-port', String(PORTS.http), '--https-port', String(PORTS.https)];
  const own = start([
    ...[process.execPath, 'build/src/cli/main.js', 'fleet', 'serve', join(directory, 'fleet.yaml')],
    ...[...words, ...ports, '--state', join(directory, 'state')],
  ]);
  running.push(own);
  let said = '';
  followLines(own.stdout, (line) => (said += `${line}\n`));
  followLines(own.stderr, (line) => (said += `${line}\n`));
  const nginx = start(['nginx', '-p', directory, '-c', join(directory, 'nginx.conf')]);
  running.push(nginx);
  while (!/\/trees\/[0-9a-f]+/.test(said)) {
    await Promise.race([sleep(200), own.done.then(() => Promise.reject(new Error(said)))]);
  }
  const path = /\/trees\/[0-9a-f]+/.exec(said)?.[0] ?? '';
  const urls = {
    own: `http://127.0.0.1:${PORTS.http}${path}/${IMAGE}`,
    nginx: `http://127.0.0.1:${PORTS.nginx}/${IMAGE}`,
  };
  const rates = { own: [] as number[], nginx: [] as number[] };
  for (const url of Object.values(urls)) await answers(url);
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.own.push(await measure(urls.own));
    rates.nginx.push(await measure(urls.nginx));
  }
  const status = await readFile(`/proc/${own.pid}/status`, 'utf8');
  const memory = Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1]) * 1024;
  const [ours, theirs] = [median(rates.own), median(rates.nginx)];
  const rate = (bytes: number): string => `${formatBytes(bytes)}/s`;
  const rows = [
    ['kronos fleet serve', rate(ours), rates.own.map(rate).join(', ')],
    ['nginx, sendfile', rate(theirs), rates.nginx.map(rate).join(', ')],
  ];
  process.stdout.write(
    `${formatTable([['', 'median', 'rounds'], ...rows])}\nratio ${(ours / theirs).toFixed(2)} (bar 0.80); the server had at most ${formatBytes(memory)} of memory\n`,
  );
} finally {
  for (const one of running) one.kill();
  await Promise.all(running.map(({ done }) => done));
  await rm(directory, { recursive: true, force: true });
}
