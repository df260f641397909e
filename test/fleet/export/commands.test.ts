// What engines run on a machine, run here: with programs in place of those that would start another kernel.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import * as fc from 'fast-check';
import { digestOf } from '../../../src/common/digest.ts';
import { run } from '../../../src/common/process.ts';
import { loadYaml } from '../../../src/common/yaml.ts';
import { exportFleet } from '../../../src/fleet/export/export.ts';
import { quote } from '../../../src/fleet/export/script.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { makeRelease, openFleet } from './fixture.ts';
import { preseedSchema, templateDataSchema, templateSchema } from './schemas.ts';

/** Programs that write down how they were called, one word a line. */
async function programs(t: ExecutionContext, names: readonly string[]) {
  const directory = await temporaryDirectory(t);
  const calls = join(directory, 'calls');
  await writeFile(calls, '');
  for (const name of names) {
    const path = join(directory, name);
    await writeFile(path, `#!/bin/sh\nprintf '%s\\n' ${name} "$@" >>${calls}\n`);
    await chmod(path, 0o755);
  }
  const PATH = [directory, process.env['PATH'] ?? ''].join(delimiter);
  return { PATH, calls: async () => (await readFile(calls, 'utf8')).trimEnd().split('\n') };
}

const REQUEST = { hosts: ['xen01'], namespace: 'tinkerbell', coordinators: new Map() };

test("curtin's late command starts the installer with its whole line", async (t) => {
  const { files } = await exportFleet(await openFleet(t), {
    ...{ ...REQUEST, engine: 'maas', image: await makeRelease(t), url: 'http://192.0.2.1/k' },
    seeds: { url: 'https://192.0.2.1/nocloud' },
  });
  const preseed = files.find(({ path }) => path.startsWith('maas/preseeds/'))?.content;
  const { late_commands: late } = preseedSchema.parse(loadYaml(String(preseed), 'preseed').value);
  const target = await temporaryDirectory(t);
  await mkdir(join(target, 'boot'));
  const { PATH, calls } = await programs(t, ['kexec', 'systemctl']);
  const environment = { PATH, TARGET_MOUNT_POINT: target };
  await run(late['20_kronos'] ?? [], { environment });
  const [first, ...rest] = await calls();
  t.is(first, 'kexec');
  t.deepEqual(rest.slice(0, 3), ['--load', 'vmlinuz', '--initrd=initrd.img']);
  t.regex(
    rest[3] ?? '',
    /^--command-line=boot=kronos kronos.mode=unattended .* kronos.host=https:/,
  );
  t.deepEqual(rest.slice(4), ['systemctl', 'kexec']);
});

test('the action that fetches the ISO takes no other', async (t) => {
  const { files } = await exportFleet(await openFleet(t), {
    ...{ ...REQUEST, engine: 'tinkerbell', image: await makeRelease(t), url: 'http://192.0.2.1/k' },
    metadata: 'http://192.0.2.9:7172',
  });
  const [, template = ''] = String(files[0]?.content).split('---\n');
  const { data } = templateSchema.parse(JSON.parse(template)).spec;
  const action = templateDataSchema.parse(JSON.parse(data)).tasks[0]?.actions[0];
  const server = createServer((_request, response) => response.end('the medium\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const worker = await temporaryDirectory(t);
  const fetchIso = async (sha256: string) => {
    const { PATH, calls } = await programs(t, ['losetup']);
    const command = (action?.command ?? []).map((word) => word.replaceAll('/worker', worker));
    const { exitCode } = await run(command, {
      environment: {
        ...{ PATH, ISO_SHA256: sha256 },
        ISO_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/kronos.iso`,
      },
      accept: [0, 1],
    });
    return { exitCode, calls: await calls() };
  };
  const right = await fetchIso(action?.environment['ISO_SHA256'] ?? '');
  t.deepEqual(right, {
    exitCode: 0,
    calls: ['losetup', '-d', '/dev/loop7', 'losetup', '-r', '/dev/loop7', `${worker}/kronos.iso`],
  });
  t.is(await readFile(join(worker, 'kronos.iso'), 'utf8'), 'the medium\n');
  const wrong = await fetchIso(digestOf('another medium\n'));
  t.is(wrong.exitCode, 1);
  t.deepEqual(wrong.calls, ['losetup', '-d', '/dev/loop7']);
});

test('a quoted word is one word of a shell', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme-ascii' }), async (text) => {
      const { stdout } = await run(['sh', '-c', `printf '%s.' ${quote(text)}`]);
      t.is(stdout, `${text}.`);
    }),
    { numRuns: 30 },
  );
});
