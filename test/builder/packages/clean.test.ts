import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { cleanTree } from '../../../src/builder/packages/clean.ts';
import { listFiles } from '../../../src/common/files.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

async function makeTree(t: ExecutionContext, files: Readonly<Record<string, string>>) {
  const tree = join(await temporaryDirectory(t), 'tree');
  await mkdir(tree);
  await writeFiles(tree, files);
  return tree;
}

test('globs take files and links, and leave every directory', async (t) => {
  const tree = await makeTree(t, {
    'var/log/dpkg.log': '',
    'var/log/apt/history.log': '',
    'var/log/.hidden': '',
    'var/log/README': '-> ../doc',
    'var/log/openvswitch/': '',
    'var/lib/dpkg/status': '',
    'var/lib/dpkg/status-old': '',
    'etc/ssh/ssh_host_rsa_key': '',
    'etc/ssh/sshd_config': '',
  });
  await cleanTree(tree, [
    '/var/log/**',
    '/var/lib/dpkg/*-old',
    '/etc/ssh/ssh_host_*',
    '/nothing/here/*',
  ]);
  t.deepEqual(await listFiles(tree), ['etc/ssh/sshd_config', 'var/lib/dpkg/status']);
  t.deepEqual((await readdir(join(tree, 'var/log'))).sort(), ['apt', 'openvswitch']);
});

test('a path without wildcards goes with all that is in it, with or without a slash at its end', async (t) => {
  const tree = await makeTree(t, { 'var/cache/apt/a/b': '', 'var/spool/x/y': '', 'var/tmp/z': '' });
  await cleanTree(tree, ['/var/cache', '/var/spool/', '/var/not-there']);
  t.deepEqual(await readdir(join(tree, 'var')), ['tmp']);
});

test('what the build itself left goes without being asked', async (t) => {
  const tree = await makeTree(t, {
    'etc/dpkg/dpkg.cfg.d/zz-kronos-build': '',
    'etc/dpkg/dpkg.cfg.d/other': '',
    'usr/sbin/policy-rc.d': '',
  });
  await cleanTree(tree, []);
  t.deepEqual(await listFiles(tree), ['etc/dpkg/dpkg.cfg.d/other']);
});

test('links are followed inside the tree and never out of it', async (t) => {
  const tree = await makeTree(t, {});
  // What a link of the tree would lead to if the machine's root were the tree's.
  const outside = join(tree, '../machine');
  await writeFiles(outside, { 'run/pid': 'mine', 'run/socket': 'mine', 'plain/x': 'mine' });
  await writeFiles(tree, {
    'var/run': `-> ${outside}/run`,
    'var/up': '-> ../../machine/plain',
    'var/round': '-> round',
    lib: '-> usr/lib',
    'usr/lib/cache/index': '',
    'usr/lib/cache/kept/': '',
    [`${outside}/run/pid`]: 'of the tree',
  });
  await cleanTree(tree, [
    ...['/var/run/**', '/var/run/socket', '/var/up/x', '/var/up/*'],
    ...['/var/round/x', '/var/round/*', '/lib/cache/*'],
  ]);
  t.deepEqual(await listFiles(outside), ['plain/x', 'run/pid', 'run/socket']);
  t.is(await readFile(join(outside, 'run/pid'), 'utf8'), 'mine');
  t.deepEqual(await listFiles(tree), ['lib', 'var/round', 'var/run', 'var/up']);
  t.deepEqual(await readdir(join(tree, 'usr/lib/cache')), ['kept']);
});
