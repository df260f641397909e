// Our .rpm files with the real dnf: signed, from a repository of ours and one with the names of a distribution, in an empty root.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makePackages } from '../../../src/builder/package/package.ts';
import { yumSource } from '../../../src/builder/repository/lines.ts';
import { runInSandbox } from '../../../src/builder/sandbox/sandbox.ts';
import { serveDirectory } from '../../../src/common/file-server.ts';
import { run } from '../../../src/common/process.ts';
import { SILENT, UNOBSERVED } from '../../../src/common/progress.ts';
import {
  findPath,
  isXenEntry,
  parseMenu,
  readsSavedEntry,
} from '../../../src/firstboot/adopt/grub.ts';
import { leftPaths, xapiPaths } from '../../../src/firstboot/xapi/prepare/paths.ts';
import { dropKey, makeKey } from '../apt/repository.ts';
import { make } from '../repository/scene.ts';
import { makeDistribution } from './distribution.ts';
import { ourManuals } from './input.ts';
import type { DnfInput, DnfReport, DnfStep } from './jobs/dnf.ts';

const IDLE = new AbortController().signal;
const PATHS = xapiPaths({ management: "MODE='dhcp'\n" });

/** What rpm needs as root: to change into the root of another system. */
const asRoot = process.getuid?.() === 0 ? test.serial : test.serial.skip;

let directory: string;

test.before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
});

test.after.always(() => rm(directory, { recursive: true, force: true }));

/** Makes our packages in a version; all but the one with a key. */
async function makeOurs(version: string, only?: readonly string[]): Promise<string[]> {
  const made = await makePackages({
    ...{ format: 'rpm', version, only, out: join(directory, version), manuals: await ourManuals() },
    ...{ observer: UNOBSERVED, signal: IDLE, xapiPaths: leftPaths() },
  });
  return made.map(({ file }) => file);
}

/** Names that packages need or recommend and that are not among them. */
async function neededBy(files: readonly string[]): Promise<string[]> {
  const ask = (...what: string[]) => run(['rpm', '--query', '--package', ...what, ...files]);
  const [needs, ours] = await Promise.all([
    ask('--requires', '--recommends'),
    ask('--queryformat', '%{NAME}\\n'),
  ]);
  const own = new Set(ours.stdout.split('\n'));
  const names = needs.stdout
    .split('\n')
    .flatMap((line) => line.replaceAll(/[()]/g, ' ').trim().split(/ or /))
    .map((word) => word.trim().split(' ')[0] ?? '');
  return [...new Set(names)].filter(
    (name) => /^[a-z]/.test(name) && !name.startsWith('rpmlib') && !own.has(name),
  );
}

/** Both repositories, made by `kronos repo make` with keys of their own, and the .repo files that it prints. */
async function serveRepositories(
  t: ExecutionContext,
  packages: Readonly<Record<string, readonly string[]>>,
): Promise<string> {
  const sources = join(directory, 'sources');
  await mkdir(sources);
  for (const [label, files] of Object.entries(packages)) {
    const key = await makeKey();
    const repository = await make(key, join(directory, `repo-${label}`), files, { label });
    await dropKey(key);
    const server = await serveDirectory(repository.directory, { port: 0 });
    t.teardown(server.close);
    const { key: fingerprint, keyring, all } = repository;
    const url = `http://127.0.0.1:${server.port}`;
    const text = yumSource({ url, label, suites: all, fingerprint, keyring });
    t.regex(text, /^gpgcheck=1\nrepo_gpgcheck=1$/m);
    await writeFile(join(sources, `${label}.repo`), text);
  }
  return sources;
}

async function live(repositories: string, steps: readonly DnfStep[]): Promise<DnfReport> {
  const root = await mkdtemp(join(directory, 'root-'));
  const config = join(directory, 'dnf.conf');
  await writeFile(config, '[main]\n');
  const input: DnfInput = { root, repositories, config, steps };
  const url = new URL('jobs/dnf.js', import.meta.url).href;
  return runInSandbox(url, input, { progress: SILENT, signal: IDLE, network: true });
}

const UNIT = '/etc/systemd/system/multi-user.target.wants/kronos-firstboot.service';
const TIMER = '/etc/systemd/system/timers.target.wants/kronos-report.timer';
const PREPARE = '/etc/systemd/system/multi-user.target.wants/kronos-xapi-prepare.service';
const MENU = '/boot/grub2/grub.cfg';
const POOL = '/etc/xensource/pool.conf';
const TOOLS = ['kronos', 'kronos-installer'];
const OURS = ['xcp-xapi', 'xcp-host', 'kronos-firstboot', ...TOOLS];

/** What first boot makes for xapi; pool.conf is that of a package. */
const MADE = leftPaths()
  .filter((path) => path !== POOL)
  .map((path): DnfStep => {
    const { text, target } = PATHS.find((one) => one.path === path) ?? { text: '' };
    if (target !== undefined) return { link: path, target };
    return text === undefined ? { directory: path } : { write: path, text };
  });

asRoot(
  'a host by dnf: installed into an empty root, upgraded, another toolstack, erased',
  async (t) => {
    t.timeout(600_000);
    const first = await makeOurs('1.0');
    const second = await makeOurs('1.1', ['kronos-firstboot', 'xcp-host', 'xcp-xl', 'xcp-xapi']);
    const distribution = await makeDistribution({
      directory: join(directory, 'distribution'),
      names: await neededBy(first),
    });
    const repositories = await serveRepositories(t, {
      distribution,
      kronos: [...first, ...second],
    });
    const steps: Record<string, DnfStep> = {
      base: { dnf: ['install', 'kernel', 'rpm'] },
      installed: {
        dnf: ['install', 'xcp-xl-1.0', 'xcp-host-1.0', 'kronos-firstboot-1.0', ...TOOLS],
      },
      units: { run: ['ls', UNIT, TIMER] },
      menu: { read: MENU },
      help: { run: ['kronos-firstboot', '--help'] },
      install: { run: ['kronos-install', '--help'] },
      recipes: { run: ['kronos', 'recipes'] },
      // From here on a host, where systemd runs, and an administrator who wants no reports.
      host: { write: '/run/systemd/system/x', text: '' },
      disabled: { run: ['systemctl', 'disable', 'kronos-report.timer'] },
      upgraded: { dnf: ['upgrade', 'xcp-xl'] },
      unitsAfter: { run: ['ls', UNIT, TIMER] },
      swapped: { dnf: ['install', '--allowerasing', 'xcp-xapi'] },
      toolstack: { read: '/usr/lib/kronos/appliance.json' },
      prepare: { run: ['ls', PREPARE] },
      ...Object.fromEntries(MADE.map((step, index) => [`made-${index}`, step])),
      erased: { dnf: ['remove', '--noautoremove', ...OURS] },
      menuAfter: { read: MENU },
      settings: { read: '/etc/default/grub' },
      kept: { read: POOL },
      unowned: { unowned: true },
    };
    const names = Object.keys(steps);
    const report = await live(repositories, Object.values(steps));
    const said = (name: string): string => report[names.indexOf(name)] ?? '';
    for (const name of ['installed', 'upgraded', 'swapped', 'erased'])
      t.notRegex(said(name), /scriptlet failed|Error in|^(?:error|warning): /m, name);
    t.regex(said('installed'), /xcp-xl: systemd does not run here/);
    t.is(said('units'), [UNIT, TIMER].join('\n'));
    const menu = parseMenu(said('menu'));
    t.true(readsSavedEntry(said('menu')) && findPath(menu, isXenEntry) !== undefined);
    t.regex(said('menu'), /dom0_mem=/);
    t.regex(said('help'), /^Usage: kronos-firstboot/);
    t.regex(said('install'), /^Usage: kronos-install/);
    t.regex(said('recipes'), /debian-13/);
    // What cannot be adopted does not stop an installation.
    t.regex(said('upgraded'), /xcp-xl: the next start leaves this host as it is/);
    t.regex(said('unitsAfter'), new RegExp(`${UNIT}[^]*ends with 2`));
    t.regex(said('swapped'), /host\/cannot-adopt-container/);
    t.notRegex(said('swapped'), /release/, 'the host goes on with the other toolstack');
    t.regex(said('toolstack'), /the package xcp-xapi is installed/);
    t.is(said('prepare'), PREPARE);
    t.regex(said('erased'), /nothing to release/, 'the program is there until all have asked it');
    t.false(readsSavedEntry(said('menuAfter')));
    t.notRegex(said('menuAfter'), /dom0_mem=/);
    t.is(said('settings'), 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\n');
    t.is(said('kept'), 'master');
    t.is(said('unowned'), '');
  },
);
