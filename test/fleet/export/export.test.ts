// Exports as a whole: what each engine gets, held against what it takes, and where secrets are.
import { createServer } from 'node:http';
import { readFile, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { listFiles } from '../../../src/common/files.ts';
import { run } from '../../../src/common/process.ts';
import { loadYaml } from '../../../src/common/yaml.ts';
import { exportFleet } from '../../../src/fleet/export/export.ts';
import type { ExportRequest, FleetExport } from '../../../src/fleet/export/export.ts';
import { writeOutput } from '../../../src/fleet/export/output.ts';
import { hostFileOfUserData } from '../../../src/host/user-data.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { compareWithGolden } from '../../golden.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { CANARIES, FLEET, INITRD, KERNEL, makeRelease, openFleet } from './fixture.ts';
import {
  cloudConfigSchema,
  hardwareSchema,
  nodesSchema,
  preseedSchema,
  templateDataSchema,
  templateSchema,
  workflowSchema,
} from './schemas.ts';

const SEEDS = { url: 'https://192.0.2.1/nocloud/', fingerprint: 'ab'.repeat(32) };

const WAYS: Readonly<Record<string, Partial<ExportRequest>>> = {
  maas: { engine: 'maas', seeds: SEEDS },
  tinkerbell: { engine: 'tinkerbell', metadata: 'http://192.0.2.9:7172/' },
  'tinkerbell-seeds': { engine: 'tinkerbell', seeds: { url: 'https://192.0.2.1/nocloud' } },
  ironic: { engine: 'ironic' },
  'ironic-seeds': { engine: 'ironic', seeds: SEEDS },
};

async function exported(
  t: ExecutionContext,
  request: Partial<ExportRequest>,
  fleetText = FLEET,
): Promise<FleetExport> {
  return exportFleet(await openFleet(t, fleetText), {
    engine: 'maas',
    image: await makeRelease(t),
    url: 'http://192.0.2.1/kronos/',
    hosts: [],
    namespace: 'tinkerbell',
    coordinators: new Map(),
    ...request,
  });
}

function textOf({ files }: FleetExport, path: string): string {
  const content = files.find((file) => file.path === path)?.content;
  if (typeof content !== 'string') throw new TypeError(`there is no text ${path}`);
  return content;
}

/** Documents of YAML that are JSON, as our resources are. */
function documents(text: string): unknown[] {
  return text.split('---\n').map((one) => JSON.parse(one) as unknown);
}

for (const [name, request] of Object.entries(WAYS)) {
  test(`${name}: what is written`, async (t) => {
    const result = await exported(t, request);
    const texts = result.files.map(({ path, content, kind }) => {
      const text =
        typeof content === 'string' ? content : `(${content.length > 0 ? 'bytes' : 'nothing'})\n`;
      return `=== ${path} ${kind ?? 'plain'}\n${text}`;
    });
    const warnings = result.warnings.map(({ code, message }) => `--- ${code}: ${message}\n`);
    await compareWithGolden(t, import.meta.url, `${name}.txt`, [...texts, ...warnings].join(''));
  });

  test(`${name}: secrets are in files for their owner only`, async (t) => {
    const result = await exported(t, request);
    const directory = join(await temporaryDirectory(t), 'export');
    await writeOutput(directory, result.files);
    t.is((await stat(directory)).mode & 0o777, 0o700);
    const found = new Set<string>();
    for (const path of await listFiles(directory)) {
      const text = await readFile(join(directory, path), 'utf8');
      const canaries = CANARIES.filter((canary) => text.includes(canary));
      for (const canary of canaries) found.add(canary);
      const { mode } = await stat(join(directory, path));
      if (canaries.length > 0) t.is(mode & 0o777, 0o600, path);
    }
    t.deepEqual([...found].sort(), [CANARIES[0], CANARIES[1]].sort());
  });
}

test('what Tinkerbell gets is what its resources take', async (t) => {
  for (const request of [WAYS['tinkerbell'], WAYS['tinkerbell-seeds']]) {
    const result = await exported(t, request ?? {});
    for (const { name, mac } of result.hosts) {
      const text = textOf(result, `tinkerbell/${name}.yaml`);
      const [hardware, template, workflow, ...more] = documents(text);
      t.deepEqual(more, []);
      const { spec } = hardwareSchema.parse(hardware);
      t.is(spec.interfaces[0]?.dhcp.mac, mac);
      const { data } = templateSchema.parse(template).spec;
      t.false(data.includes('{{'));
      const [task] = templateDataSchema.parse(JSON.parse(data)).tasks;
      const names = (task?.actions ?? []).map((action) => action.name);
      t.is(new Set(names).size, names.length);
      workflowSchema.parse(workflow);
    }
  }
});

test('what Ironic gets is what it takes', async (t) => {
  for (const request of [WAYS['ironic'], WAYS['ironic-seeds']]) {
    const result = await exported(t, request ?? {});
    const { nodes } = nodesSchema.parse(JSON.parse(textOf(result, 'ironic/nodes.json')));
    t.is(nodes.length, result.hosts.length);
  }
});

test('a preseed is what curtin takes, and MAAS finds nothing to put in but its own', async (t) => {
  const result = await exported(t, WAYS['maas'] ?? {});
  for (const host of ['xen01', 'xen02']) {
    const path = `maas/preseeds/curtin_userdata_custom_amd64_generic_kronos-91b55a8c_${host}`;
    const text = textOf(result, path);
    t.deepEqual([...text.matchAll(/\{\{.*?\}\}/g)].map(String), [
      '{{node_disable_pxe_url}}',
      '{{node_disable_pxe_data}}',
    ]);
    preseedSchema.parse(loadYaml(text, path).value);
  }
});

test('user-data is what cloud-init takes, and brings a whole host file', async (t) => {
  const result = await exported(t, WAYS['maas'] ?? {});
  for (const { name, userData } of result.hosts) {
    cloudConfigSchema.parse(loadYaml(userData, name).value);
    const { hostFile } = await parseHostFile(hostFileOfUserData(userData, name), name);
    t.is(hostFile.hostname, name);
    const metaData = JSON.parse(textOf(result, `nocloud/${name}/meta-data`)) as object;
    t.deepEqual(Object.keys(metaData), ['instance-id', 'local-hostname']);
  }
});

test('cloud-init itself finds nothing wrong with the user-data', async (t) => {
  const installed = await run(['cloud-init', '--version']).then(
    () => true,
    () => false,
  );
  if (!installed) {
    t.pass('cloud-init is not here');
    return;
  }
  const result = await exported(t, WAYS['maas'] ?? {});
  const directory = await temporaryDirectory(t);
  await writeOutput(directory, result.files);
  const file = join(directory, 'nocloud/xen02.example.net/user-data');
  const { stdout } = await run(['cloud-init', 'schema', '--config-file', file]);
  t.regex(stdout, /Valid/);
});

test('the image of MAAS holds kernel and initrd, and is the same each time', async (t) => {
  const image = await makeRelease(t);
  const pack = async (): Promise<Uint8Array> => {
    const { files } = await exported(t, { ...WAYS['maas'], image });
    const content = files.find(({ path }) => path === 'maas/kronos-91b55a8c.tgz')?.content;
    return typeof content === 'object' ? content : new Uint8Array();
  };
  const [first, second] = [await pack(), await pack()];
  t.deepEqual(first, second);
  const directory = await temporaryDirectory(t);
  await writeOutput(directory, [{ path: 'image.tgz', content: first }]);
  await run(['tar', '-C', directory, '-xzf', join(directory, 'image.tgz')]);
  t.is(await readFile(join(directory, 'boot/vmlinuz'), 'utf8'), KERNEL);
  t.is(await readFile(join(directory, 'boot/initrd.img'), 'utf8'), INITRD);
});

test('a release is read where it is served just as from its directory', async (t) => {
  const release = await makeRelease(t);
  const server = createServer((request, response) => {
    void readFile(join(release, request.url ?? '')).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const image = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const local = await exported(t, { ...WAYS['maas'], image: release, url: image });
  const remote = await exported(t, { ...WAYS['maas'], image, url: undefined });
  t.deepEqual(remote.files, local.files);
});

test('whatever cannot be exported is told for all hosts at once', async (t) => {
  const text = `${FLEET}  serial: { serial: S7 }
  first: { mac: "52:54:00:ab:00:05" }
  member: { mac: "52:54:00:ab:00:06" }
pools:
  blue: { coordinator: xen01, hosts: [xen01, member], credential: { password: "${CANARIES[2]}" } }
  red: { hosts: [first], credential: { password: x } }
`;
  const image = await makeRelease(t, { toolstack: 'xapi' });
  const error = await t.throwsAsync(exported(t, { ...WAYS['maas'], image }, text));
  await compareWithGolden(t, import.meta.url, 'refused.txt', `${error.message}\n`);
});

test('a member is exported once its coordinator stands', async (t) => {
  const text = `${FLEET}  member: { mac: "52:54:00:ab:00:06" }
pools:
  blue: { coordinator: xen01, hosts: [xen01, member], credential: { password: "${CANARIES[2]}" } }
`;
  const image = await makeRelease(t, { toolstack: 'xapi' });
  const coordinators = new Map([['blue', { address: '192.0.2.11', fingerprint: 'cd'.repeat(32) }]]);
  const request = { ...WAYS['maas'], image, coordinators, hosts: ['member', 'xen01'] };
  const { hosts } = await exported(t, request, text);
  t.deepEqual(
    hosts.map(({ hostFile }) => hostFile.pool?.role),
    ['member', 'coordinator'],
  );
});

test('each way has what it needs, or says what is missing', async (t) => {
  const refused = async (request: Partial<ExportRequest>, code: string, fleet = FLEET) => {
    await t.throwsAsync(exported(t, request, fleet), { code });
  };
  await refused({ engine: 'maas' }, 'input/export-source');
  await refused({ engine: 'tinkerbell' }, 'input/export-source');
  await refused({ engine: 'ironic', url: undefined }, 'input/export-image');
  await refused({ engine: 'ironic', hosts: ['xen03'] }, 'input/no-such-host');
  await refused({ engine: 'ironic', url: 'http://x/$(reboot)' }, 'input/export-url');
  await refused({ engine: 'ironic', seeds: { url: 'http://x/a b' } }, 'input/export-url');
  const metadata = 'http://192.0.2.9:7172';
  const withoutIso = await makeRelease(t, { iso: false });
  await refused({ engine: 'tinkerbell', metadata, image: withoutIso }, 'input/export-image');
  const dhcp = FLEET.replace('{ mode: static, address: 192.0.2.12/22 }', '{ mode: dhcp }');
  await refused({ engine: 'tinkerbell', metadata }, 'input/export-address', dhcp);
  const erase = FLEET.replace('{ serial: "S1" } }', '{ serial: "S1" }, existing: erase }');
  await refused({ engine: 'ironic', seeds: SEEDS }, 'input/export-erase', erase);
  await t.notThrowsAsync(exported(t, { engine: 'ironic' }, erase));
  const twice = `${FLEET}  xen01.b: { mac: "52:54:00:ab:00:05" }\n`;
  await refused(WAYS['maas'] ?? {}, 'input/export-name', twice);
  await t.notThrowsAsync(exported(t, { engine: 'ironic' }, twice));
});

test('host files in clear are warned of', async (t) => {
  const { warnings } = await exported(t, { engine: 'maas', seeds: { url: 'http://192.0.2.1/s' } });
  t.deepEqual(
    warnings.map(({ code }) => code),
    ['input/seeds-in-clear'],
  );
});
