import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../../../src/common/process.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.js');

const ANSWERS = `<installation sr-type="ext">
  <primary-disk>/dev/disk/by-id/ata-one</primary-disk>
  <root-password>canary-7c1f</root-password>
  <admin-interface hwaddr="52:54:00:12:34:56" proto="dhcp"/>
  <hostname>xen01</hostname>
</installation>
`;

async function kronos(args: readonly string[], cwd: string) {
  return run([process.execPath, MAIN, 'host', 'import', ...args], {
    cwd,
    accept: [0, 2],
  });
}

test('the host file goes to standard output, the notes to standard error', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, { 'a.xml': ANSWERS });
  const { stdout, stderr, exitCode } = await kronos(['a.xml'], directory);
  t.is(exitCode, 0);
  t.regex(stdout, /^hostname: xen01$/m);
  t.regex(stderr, /^a\.xml:5:3: kept: <hostname>: the host is xen01$/m);
  t.regex(stderr, /^\d+ kept, \d+ changed, \d+ cannot be kept$/m);
  t.false((stdout + stderr).includes('canary-7c1f'));
});

test('--output writes a file for its owner alone, and never over another', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, { 'a.xml': ANSWERS });
  const first = await kronos(['a.xml', '--output', 'xen01.yaml'], directory);
  t.deepEqual([first.exitCode, first.stdout], [0, 'xen01.yaml: written']);
  const path = join(directory, 'xen01.yaml');
  t.is((await stat(path)).mode & 0o777, 0o600);
  const text = await readFile(path, 'utf8');
  const second = await kronos(['a.xml', '--output', 'xen01.yaml'], directory);
  t.is(second.exitCode, 2);
  t.regex(second.stderr, /input\/file-exists/);
  t.is(await readFile(path, 'utf8'), text);
});

test('--json has host file and notes; mistakes end with 2', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, {
    'a.xml': ANSWERS,
    'b.xml': '<installation>\n<foo/></installation>',
  });
  const good = await kronos(['a.xml', '--json', '--dialect', 'xcp-ng'], directory);
  const found = JSON.parse(good.stdout) as { dialect: string; hostFile: string; notes: unknown[] };
  t.is(found.dialect, 'xcp-ng');
  t.regex(found.hostFile, /^version: 1$/m);
  t.true(found.notes.length > 5);
  t.is(good.stderr, '');
  const bad = await kronos(['b.xml'], directory);
  t.is(bad.exitCode, 2);
  t.regex(bad.stderr, /^error input\/unknown-element: b\.xml:2:1: unknown element <foo>/m);
  t.is((await kronos(['missing.xml'], directory)).exitCode, 2);
});
