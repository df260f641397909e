// Runs dpkg in a copy of this very system that goes away with the job: an overlay whose upper half is in memory.
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mountSystem, runInTree, writeInTree } from '../../../../src/builder/sandbox/tree.ts';
import { run } from '../../../../src/common/process.ts';
import { exists, readTextOrUndefined } from '../../../../src/common/files.ts';

export interface LifecycleInput {
  /** A mount point of the job's own. */
  directory: string;
  /** Packages that are there from the beginning. */
  base: readonly string[];
  steps: readonly LifecycleStep[];
}

export type LifecycleStep =
  | { dpkg: readonly string[]; fails?: boolean }
  | { write: string; text: string; mode?: number }
  | { link: string; target: string }
  | { remove: string }
  /** What the step before cannot write to. */
  | { readOnly: string };

export interface LifecycleReport {
  /** What dpkg printed, a text for each step that called it. */
  said: string[];
  /** What the stand-ins of programs wrote down, the same way. */
  calls: string[][];
  /** States of packages that are not as installed, after each step that called dpkg. */
  unfinished: string[][];
  /** Files that the last step left, and files of the system that are gone. */
  left: string[];
  gone: string[];
}

const CALLS = '/run/calls';

/** dpkg's own notes and caches of others. */
const NOTES = /^(?:var\/(?:lib\/dpkg|log|cache)|run|tmp|proc|dev|sys)(?:\/|$)/;

/** Stand-ins that write down what they were called with; /run/adopt is what kronos-firstboot does besides. */
const STAND_INS: Readonly<Record<string, string>> = {
  '/usr/local/bin/kronos-firstboot': `echo "kronos-firstboot $*" >>${CALLS}\n[ ! -e /run/adopt ] || . /run/adopt\n`,
  '/usr/local/bin/update-grub': [
    '. /etc/default/grub',
    'for file in /etc/default/grub.d/kronos.cfg; do [ ! -e "$file" ] || . "$file"; done',
    `echo "update-grub $GRUB_DEFAULT $GRUB_CMDLINE_XEN_DEFAULT" >>${CALLS}`,
    'touch /boot/grub/grub.cfg',
    '',
  ].join('\n'),
  '/usr/local/bin/grub-editenv': 'cat /boot/grub/grubenv 2>/dev/null\n',
  '/usr/local/bin/grub-set-default': `echo "grub-set-default $*" >>${CALLS}\n`,
};

export async function runJob(input: LifecycleInput): Promise<LifecycleReport> {
  const { directory } = input;
  await run(['mount', '-t', 'tmpfs', 'tmpfs', directory]);
  const [upper, work, tree] = ['upper', 'work', 'tree'].map((name) => join(directory, name));
  if (upper === undefined || work === undefined || tree === undefined) throw new TypeError();
  for (const path of [upper, work, tree]) await mkdir(path);
  const layers = `lowerdir=/,upperdir=${upper},workdir=${work}`;
  await run(['mount', '-t', 'overlay', '-o', layers, 'overlay', tree]);
  await mountSystem(tree);
  for (const [path, text] of Object.entries(STAND_INS))
    await writeInTree(tree, path, `#!/bin/sh\n${text}`, 0o755);
  await writeInTree(tree, '/etc/default/grub', 'GRUB_DEFAULT=1\n');
  await writeInTree(tree, '/boot/grub/grub.cfg', '');
  const dpkg = (args: readonly string[], fails = false) =>
    runInTree(tree, ['dpkg', '--no-triggers', ...args], {
      environment: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      accept: fails ? [1] : [0],
    });
  const bring = async (files: readonly string[]): Promise<string[]> => {
    const brought: string[] = [];
    for (const file of files) {
      if (!file.endsWith('.deb')) {
        brought.push(file);
        continue;
      }
      const path = `/run/${String(Math.random()).slice(2)}.deb`;
      await writeFile(join(tree, path), await readFile(file));
      brought.push(path);
    }
    return brought;
  };
  await dpkg(await bring(['--install', ...input.base]));
  const before = new Set((await compare(upper, tree)).left);
  const report: LifecycleReport = { said: [], calls: [], unfinished: [], left: [], gone: [] };
  for (const step of input.steps) {
    if ('write' in step) await writeInTree(tree, step.write, step.text, step.mode);
    else if ('link' in step) {
      await mkdir(dirname(join(tree, step.link)), { recursive: true });
      await symlink(step.target, join(tree, step.link));
    } else if ('remove' in step) await run(['rm', '-rf', join(tree, step.remove)]);
    else if ('readOnly' in step) {
      const path = join(tree, step.readOnly);
      await run(['mount', '--bind', path, path]);
      await run(['mount', '-o', 'remount,bind,ro', path]);
    } else {
      const { stdout, stderr } = await dpkg(await bring(step.dpkg), step.fails);
      report.said.push(`${stdout}\n${stderr}`);
      const calls = (await readTextOrUndefined(join(tree, CALLS))) ?? '';
      report.calls.push(calls.split('\n').filter((line) => line !== ''));
      await writeFile(join(tree, CALLS), '');
      const states = await runInTree(tree, [
        'dpkg-query',
        '-W',
        '-f',
        '${db:Status-Abbrev} ${Package}\\n',
      ]);
      report.unfinished.push(
        states.stdout
          .split('\n')
          .filter((line) => /(?:kronos|xcp-)/.test(line) && !line.startsWith('ii')),
      );
    }
  }
  const { left, gone } = await compare(upper, tree);
  return { ...report, left: left.filter((path) => !before.has(path)), gone };
}

/** What the tree has and the machine has not, and the other way round; only what was touched can differ. */
async function compare(upper: string, tree: string): Promise<{ left: string[]; gone: string[] }> {
  const left: string[] = [];
  const gone: string[] = [];
  const there = (path: string) =>
    lstat(path).then(
      () => true,
      () => false,
    );
  const visit = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(upper, below), { withFileTypes: true })) {
      const path = join(below, entry.name);
      if (NOTES.test(path)) continue;
      const [now, machine] = [await there(join(tree, path)), await there(join('/', path))];
      if (now && !machine) left.push(path);
      if (!now && machine) gone.push(path);
      if (entry.isDirectory()) await visit(path);
    }
  };
  if (await exists(upper)) await visit('');
  return { left: left.sort(), gone: gone.sort() };
}
