// Makes a root with mmdebstrap, and lets apt and dpkg live there with our packages and all that they need.
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mountSystem, runInTree, writeInTree } from '../../../../src/builder/sandbox/tree.ts';
import { run } from '../../../../src/common/process.ts';

export interface AptInput {
  suite: string;
  /** An empty directory. */
  directory: string;
  /** The directory of the .debs. */
  packages: string;
  /** Versions in their order; the first has all packages, the others those of a host. */
  versions: readonly [string, string, string];
}

export interface AptReport {
  /** What kronos-firstboot --help prints there. */
  help: string;
  /** What kronos recipes prints there; undefined where apt does not install it. */
  operator?: string | undefined;
  /** Why apt does not. */
  refusal: string;
  /** What was printed, by what was done. */
  said: Record<string, string>;
  /** States of our packages, by what was done before. */
  states: Record<string, string[]>;
  left: string[];
  gone: string[];
}

/** dpkg's own notes and caches. */
const NOTES =
  /^\/(?:var\/(?:lib\/(?:dpkg|apt)|log|cache)|run|tmp|proc|dev|sys|packages|usr\/local)(?:\/|$)/;

const HOST = ['kronos-firstboot', 'xcp-host', 'xcp-xl'];

/** Ends dpkg, which waits for the script that waits for this one, as a lost power supply would. */
const CUT = [
  '#!/bin/sh',
  'script=$PPID',
  'dpkg=$(sed "s/.*) . //; s/ .*//" "/proc/$script/stat")',
  'kill -KILL "$dpkg" "$script"',
  'sleep 5',
  '',
].join('\n');

const CUTTING = '/usr/local/sbin/update-grub';

export async function runJob({
  suite,
  directory,
  packages,
  versions: [first, second, third],
}: AptInput): Promise<AptReport> {
  await run(['mmdebstrap', '--variant=apt', '--mode=root', suite, directory]);
  await mountSystem(directory);
  await cp('/etc/resolv.conf', join(directory, 'etc/resolv.conf'), { dereference: true });
  await cp(packages, join(directory, 'packages'), { recursive: true });
  const said: Record<string, string> = {};
  const states: Record<string, string[]> = {};
  const apt = ['apt-get', '--yes', '--quiet', '--no-install-recommends'];
  const inTree = (argv: readonly string[], accept?: number[], path?: string) =>
    runInTree(directory, argv, {
      ...(accept === undefined ? {} : { accept }),
      // What asks with a terminal asks nobody here.
      environment: { DEBIAN_FRONTEND: 'readline', ...(path === undefined ? {} : { PATH: path }) },
    });
  const deb = (name: string, version = first): string => `/packages/${name}_${version}_all.deb`;
  const host = (version: string): string[] => HOST.map((name) => deb(name, version));
  /** Does something to our packages, and looks at what became of them. */
  const live = async (what: string, ...argv: string[]): Promise<void> => {
    const { stdout, stderr } = await inTree(argv);
    said[what] = `${stdout}\n${stderr}`;
    await look(what);
  };
  const look = async (what: string): Promise<void> => {
    const format = '${db:Status-Abbrev} ${Package} ${Version}\\n';
    const { stdout } = await inTree(['dpkg-query', '-W', '-f', format]);
    states[what] = stdout
      .split('\n')
      .filter((line) => /^\S+ +(?:kronos|xcp-(?:host|xl|xapi) )/.test(line));
  };

  // What is in no suite comes from a repository of the operator.
  const sources = join(directory, 'etc/apt/sources.list.d/kronos-test.list');
  await writeFile(sources, 'deb [trusted=yes] file:/packages/repository ./\n');
  await inTree(['apt-get', 'update', '--quiet']);
  // What writes boot menus, and cannot in a directory: that stops nobody.
  await inTree([...apt, 'install', 'grub2-common']);
  // What they need stays, so that only what is ours is compared.
  await live('install', ...apt, 'install', ...host(first));
  const { stdout: help } = await inTree(['kronos-firstboot', '--help']);
  const withXapi = ['kronos-firstboot', 'xcp-host', 'xcp-xapi'];
  await inTree([...apt, 'install', ...withXapi.map((name) => deb(name, third))]);
  await inTree([...apt, 'purge', ...withXapi, 'xcp-xl']);
  const before = await paths(directory);

  await inTree([...apt, 'install', ...host(first)]);
  const operator = await inTree([...apt, 'install', deb('kronos')], [0, 100]);
  const installed = operator.exitCode === 0;
  const recipes = installed ? (await inTree(['kronos', 'recipes'])).stdout : undefined;

  // As on a host, where systemd runs; its boot directory is read-only.
  await writeInTree(directory, '/run/systemd/system/x', '');
  const boot = join(directory, 'boot');
  await run(['mount', '--bind', boot, boot]);
  await run(['mount', '-o', 'remount,bind,ro', boot]);
  await live('upgrade', ...apt, 'install', ...host(second));
  await run(['umount', boot]);

  await writeInTree(directory, CUTTING, CUT, 0o755);
  const cut = await inTree(
    ['dpkg', '--install', ...host(third)],
    Array.from({ length: 256 }, (_none, code) => code),
    '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin',
  ).catch((error: unknown) => ({ stdout: String(error), stderr: '' }));
  said['cut'] = `${cut.stdout}${cut.stderr}`;
  await look('cut');
  await run(['rm', join(directory, CUTTING)]);
  await live('configured', 'dpkg', '--configure', '-a');

  // The other toolstack, by whatever way apt finds.
  await live('exchange', ...apt, 'install', deb('xcp-xapi', third));

  // The toolstack alone: what follows it sees that there is none.
  await live('alone', 'dpkg', '--remove', 'xcp-xapi');

  const ours = ['xcp-xapi', ...HOST, ...(installed ? ['kronos'] : [])];
  await live('remove', ...apt, 'remove', ...ours);
  // What has no configuration is gone already, and apt would look for it in its sources.
  await live('purge', 'dpkg', '--purge', ...ours);
  const after = await paths(directory);
  return {
    ...{ help, operator: recipes, said, states },
    refusal: installed ? '' : `${operator.stdout}${operator.stderr}`,
    left: [...after].filter((path) => !before.has(path)),
    gone: [...before].filter((path) => !after.has(path)),
  };
}

async function paths(tree: string): Promise<Set<string>> {
  const { stdout } = await run(['find', tree, '-xdev', '-printf', '/%P\\n']);
  return new Set(stdout.split('\n').filter((path) => !NOTES.test(path)));
}
