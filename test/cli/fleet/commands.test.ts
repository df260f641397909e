// The commands below `kronos fleet`, called as a person calls them.
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { createCommand } from '../../../src/cli/fleet.ts';
import { fleetFileJsonSchema } from '../../../src/fleet/file/json-schema.ts';
import { compareWithGolden, sourceDirectory } from '../../golden.ts';
import { caller } from '../call.ts';
import { MACHINES } from '../../host/machines.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

const FILES = join(sourceDirectory(import.meta.url), '../../fleet/file');

const call = caller(createCommand);

const FLEET = `version: 1
name: machines
host:
  root: { passwordHash: "!!" }
  disks: { system: { match: {}, pick: smallest, existing: erase } }
  network: { management: { interface: { match: { link: true } } } }
hosts:
  dell: { serial: 7XK2QN3, host: { network: { management: { interface: { count: 2 }, bond: { mode: lacp } } } } }
  virtual: { mac: "52:54:00:12:34:56", rack: r1/2, host: { hostname: "kronos-\${mac}" } }
  bare: { serial: 7XK2QN4, host: { network: { management: { interface: { count: 2 }, bond: { mode: lacp } } } } }
  unseen: { order: 1 }
pools:
  blue:
    coordinator: virtual
    hosts: [virtual, dell]
    credential: { password: { url: "https://vault.example.net/blue" } }
`;

async function workplace(t: ExecutionContext) {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, { 'fleet.yaml': FLEET, 'machines/notes.txt': 'no machine' });
  for (const name of ['dell-r650-nvme', 'virtual-virtio', 'no-disk', 'whitebox-sata-usb']) {
    await copyFile(join(MACHINES, `${name}.json`), join(directory, `machines/${name}.json`));
  }
  await copyFile(join(MACHINES, 'virtual-virtio.json'), join(directory, 'machines/virtual.json'));
  const at = (name: string): string => join(directory, name);
  const neutral = (text: string): string => `${text.replaceAll(`${directory}/`, '')}\n`;
  return { at, neutral, fleet: at('fleet.yaml'), machines: at('machines') };
}

test('validate says what the fleet is to be, or where the mistakes are', async (t) => {
  const good = await call('validate', join(FILES, 'good/surprising.yaml'));
  t.is(good.exitCode, 0);
  t.regex(good.text, /surprising\.yaml: valid, 11 warnings\n {2}fleet {4}surprising: 5 hosts\n/);
  t.like(good.json, { ok: true, fleet: 'surprising', hosts: 5, policy: { canary: 1 } });
  const bad = await call('validate', join(FILES, 'bad/rollout.yaml'));
  t.is(bad.exitCode, 2);
  t.regex(bad.text, /rollout\.yaml: 4 errors$/);
  t.like(bad.json, { ok: false, errors: [{ code: 'input/canary-too-large' }], warnings: [] });
  const none = await call('validate', join(FILES, 'none.yaml'));
  t.like(none, { exitCode: 2, json: { errors: [{ code: 'input/no-such-file' }] } });
});

test('plan says what each host will become, and what is done to machines that are known', async (t) => {
  const { fleet, machines, neutral } = await workplace(t);
  const { text, exitCode, json } = await call('plan', fleet, '--inventories', machines);
  await compareWithGolden(t, import.meta.url, 'plan.txt', neutral(text));
  t.is(exitCode, 5, 'one machine has no disk');
  const { hosts, unknownMachines, doubles } = json as {
    hosts: { host: string; digest?: string; error?: unknown; wave: number; role?: string }[];
    unknownMachines: string[];
    doubles: unknown[];
  };
  t.deepEqual(
    hosts.map(({ host, digest, error, wave, role }) => [
      host,
      digest?.length,
      error === undefined,
      wave,
      role,
    ]),
    [
      ['dell', 64, true, 1, 'member'],
      ['virtual', 64, true, 0, 'coordinator'],
      ['bare', undefined, false, 1, undefined],
      ['unseen', undefined, true, 1, undefined],
    ],
  );
  t.is(unknownMachines.length, 1);
  t.is(doubles.length, 1);
});

test('plan of one host prints the whole plan of its installation', async (t) => {
  const { fleet, machines, neutral } = await workplace(t);
  const { text, exitCode } = await call(
    ...['plan', fleet, '--inventories', machines, '--host', 'virtual'],
  );
  t.is(exitCode, 0);
  await compareWithGolden(t, import.meta.url, 'plan-host.txt', neutral(text));
  await t.throwsAsync(call('plan', fleet, '--host', 'vitual'), { message: /has no host vitual/ });
});

test('plan without machines, and of a directory that is not there or holds something else', async (t) => {
  const { at, fleet } = await workplace(t);
  const { exitCode, text } = await call('plan', fleet);
  t.is(exitCode, 0);
  t.false(/recorded/.test(text));
  t.like(await t.throwsAsync(call('plan', fleet, '--inventories', at('none'))), {
    code: 'input/no-such-directory',
  });
  await writeFiles(at('machines'), { 'other.json': '{}' });
  t.like(await t.throwsAsync(call('plan', fleet, '--inventories', at('machines'))), {
    code: 'input/missing-key',
  });
});

test('schema prints the schema, or writes it', async (t) => {
  const { at } = await workplace(t);
  const { text, json } = await call('schema');
  t.deepEqual(JSON.parse(text), json);
  await call('schema', '--output', at('schema.json'));
  t.is(await readFile(at('schema.json'), 'utf8'), fleetFileJsonSchema());
});
