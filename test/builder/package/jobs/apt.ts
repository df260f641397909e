// Makes a root with mmdebstrap, lets apt install our packages with all that they need, and purge them again.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { mountSystem, runInTree } from '../../../../src/builder/sandbox/tree.ts';
import { run } from '../../../../src/common/process.ts';

export interface AptInput {
  suite: string;
  /** An empty directory. */
  directory: string;
  /** The directory of the .debs. */
  packages: string;
}

export interface AptReport {
  /** What kronos-firstboot --help prints there. */
  help: string;
  /** What kronos recipes prints there; undefined where apt does not install it. */
  operator?: string | undefined;
  /** Why apt does not. */
  refusal: string;
  left: string[];
  gone: string[];
}

/** dpkg's own notes and caches. */
const NOTES = /^\/(?:var\/(?:lib\/(?:dpkg|apt)|log|cache)|run|tmp|proc|dev|sys|packages)(?:\/|$)/;

export async function runJob({ suite, directory, packages }: AptInput): Promise<AptReport> {
  await run(['mmdebstrap', '--variant=apt', '--mode=root', suite, directory]);
  await mountSystem(directory);
  await cp('/etc/resolv.conf', join(directory, 'etc/resolv.conf'), { dereference: true });
  await cp(packages, join(directory, 'packages'), { recursive: true });
  const apt = ['apt-get', '--yes', '--quiet', '--no-install-recommends'];
  const inTree = (argv: readonly string[], accept?: number[]) =>
    runInTree(directory, argv, accept === undefined ? {} : { accept });
  const deb = (name: string): string => `/packages/${name}_0.1.0_all.deb`;
  await inTree(['apt-get', 'update', '--quiet']);
  // What they need stays, so that only what is ours is compared.
  const needs = await inTree([
    ...apt,
    'install',
    ...['kronos-firstboot', 'xcp-host', 'xcp-xl'].map(deb),
  ]);
  const { stdout: help } = await inTree(['kronos-firstboot', '--help']);
  await inTree([...apt, 'purge', 'xcp-xl', 'xcp-host', 'kronos-firstboot']);
  const before = await paths(directory);
  await inTree([...apt, 'install', ...['kronos-firstboot', 'xcp-host', 'xcp-xl'].map(deb)]);
  const operator = await inTree([...apt, 'install', deb('kronos')], [0, 100]);
  const installed = operator.exitCode === 0;
  const recipes = installed ? (await inTree(['kronos', 'recipes'])).stdout : undefined;
  const ours = ['xcp-xl', 'xcp-host', 'kronos-firstboot', ...(installed ? ['kronos'] : [])];
  await inTree([...apt, 'remove', ...ours]);
  // What has no configuration is gone already, and apt would look for it in its sources.
  await inTree(['dpkg', '--purge', ...ours]);
  const after = await paths(directory);
  return {
    ...{ help: needs.exitCode === 0 ? help : '', operator: recipes },
    refusal: installed ? '' : `${operator.stdout}${operator.stderr}`,
    left: [...after].filter((path) => !before.has(path)),
    gone: [...before].filter((path) => !after.has(path)),
  };
}

async function paths(tree: string): Promise<Set<string>> {
  const { stdout } = await run(['find', tree, '-xdev', '-printf', '/%P\\n']);
  return new Set(stdout.split('\n').filter((path) => !NOTES.test(path)));
}
