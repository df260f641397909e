import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createCommand } from '../../../src/cli/host.ts';
import type { Outcome } from '../../../src/cli/session.ts';
import { exists } from '../../../src/common/files.ts';
import { readInventory } from '../../../src/host/read-inventory.ts';
import { compareWithGolden } from '../../golden.ts';
import { MACHINES } from '../../host/machines.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

/** What the command hands back to be printed. */
async function kronosHost(...args: string[]): Promise<Outcome> {
  let outcome: Outcome | undefined;
  const command = createCommand(async (options, work) => {
    outcome = await work({
      signal: new AbortController().signal,
      json: options.json === true,
      verbose: false,
      show: () => Promise.reject(new Error('nothing is shown')),
    });
  });
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  await command.parseAsync(args, { from: 'user' });
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

const recorded = (name: string): string => join(MACHINES, `${name}.json`);

async function hostFile(t: ExecutionContext, system: string): Promise<string> {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, {
    'host.yaml': `version: 1
hostname: xen01
disks:
  system:
    match: ${system}
  storage:
    - name: data
      match: {transport: sata}
network:
  management:
    interface:
      match: {link: true}
  networks:
    - name: guests
      interface: {match: {driver: "r*"}, count: 1}
`,
  });
  return join(directory, 'host.yaml');
}

test('a host file that fits a machine', async (t) => {
  const file = await hostFile(t, '{transport: nvme}');
  const args = ['match', file, '--inventory', recorded('whitebox-sata-usb')];
  const { text, exitCode } = await kronosHost(...args, '--disk', 'serial: "5758*"');
  t.is(exitCode, 5);
  await compareWithGolden(t, import.meta.url, 'match.txt', `${text}\n`);
});

test('selectors by themselves, and the document for programs', async (t) => {
  const args = ['match', '--inventory', recorded('hp-dl380-sas'), '--json'];
  const { json, exitCode } = await kronosHost(
    ...args,
    '--disk',
    '{match: {transport: sas}, count: 2, pick: smallest}',
    '--interface',
    'mac: 48:df:37:01:02:03',
  );
  t.is(exitCode, undefined);
  const { disks, interfaces, errors } = json as {
    disks: { what: string; chosen: string[]; verdicts: { name: string; chosen: boolean }[] }[];
    interfaces: { chosen: string[] }[];
    errors: unknown[];
  };
  t.deepEqual(disks[0]?.chosen, ['sda', 'sdb']);
  t.is(disks[0]?.verdicts.length, 6);
  t.deepEqual(interfaces[0]?.chosen, ['eno1']);
  t.deepEqual(errors, []);
});

test('mistakes in clauses and files are located', async (t) => {
  const args = ['match', '--inventory', recorded('no-disk')];
  await t.throwsAsync(kronosHost(...args), { code: 'input/missing-argument' });
  await t.throwsAsync(kronosHost(...args, '--disk', 'sized: 1'), { code: 'input/unknown-key' });
  await t.throwsAsync(kronosHost(...args, '--disk', 'size: much'), { code: 'input/wrong-value' });
  await t.throwsAsync(kronosHost('match', '--inventory', '/no/such', '--disk', '{}'), {
    code: 'input/no-such-file',
  });
});

test('this machine is recorded as it is read again', async (t) => {
  if (!(await exists('/sys/block')) || !(await exists('/usr/bin/lsblk'))) return t.pass();
  const file = join(await temporaryDirectory(t), 'machine.json');
  const { json, text } = await kronosHost('inventory', '--output', file);
  t.deepEqual(await readInventory(file), json as never);
  t.regex(text, /^machine {4}/);
  t.true(text.split('\n').every((line) => line.startsWith('written to') || line.length <= 80));
});
