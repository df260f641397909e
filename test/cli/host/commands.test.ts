// The commands below `kronos host`, called as a person calls them.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { createCommand } from '../../../src/cli/host.ts';
import { digestOf } from '../../../src/common/digest.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { tinyIso } from '../../builder/image/tiny-media.ts';
import { sourceDirectory } from '../../golden.ts';
import { caller } from '../call.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

const GOOD = join(sourceDirectory(import.meta.url), '../../host/files/good');
const BAD = join(sourceDirectory(import.meta.url), '../../host/files/bad');

const MANIFEST = join(
  sourceDirectory(import.meta.url),
  '../../builder/manifest/golden/manifest.json',
);

const call = caller(createCommand);

async function workplace(t: ExecutionContext) {
  const directory = await temporaryDirectory(t);
  const at = (name: string): string => join(directory, name);
  await writeFile(at('k.iso'), tinyIso());
  return { directory, at, iso: at('k.iso') };
}

test('validate says what the host is to be, or where the mistakes are', async (t) => {
  const good = await call('validate', join(GOOD, 'minimal.yaml'), join(GOOD, 'surprising.yaml'));
  t.is(good.exitCode, 0);
  t.regex(good.text, /minimal\.yaml: valid\n {2}hostname {2}xen01\n/);
  t.regex(good.text, /surprising\.yaml: valid, 15 warnings\n/);
  const bad = await call('validate', join(BAD, 'several.yaml'), join(GOOD, 'minimal.yaml'));
  t.is(bad.exitCode, 2);
  t.regex(bad.text, /several\.yaml: 8 errors\n\n.*minimal\.yaml: valid\n/s);
  t.like(bad.json, { ok: false, files: [{ ok: false }, { ok: true, warnings: [] }] });
  const pool = await call('validate', join(GOOD, 'example.yaml'), '--toolstack', 'xl');
  t.is(pool.exitCode, 2);
});

test('a host file that asks for a pool is refused where the image that is named has no xapi', async (t) => {
  const { at } = await workplace(t);
  const text = await readFile(join(GOOD, 'minimal.yaml'), 'utf8');
  await writeFile(at('pool.yaml'), `${text}\npool: { role: coordinator, name: rack }\n`);
  const manifest = await readFile(MANIFEST, 'utf8');
  const write = (name: string): Promise<void> =>
    writeFile(at('k.manifest.json'), manifest.replace('"name": "xl"', `"name": "${name}"`));
  await write('xl');
  const line = text.split('\n').length + 1;
  const refused = await call('validate', at('pool.yaml'), '--image', at('k.manifest.json'));
  t.is(refused.exitCode, 2);
  t.regex(
    refused.text,
    new RegExp(`input/pool-without-xapi: .*pool\\.yaml:${line}:7: a pool needs the toolstack xapi`),
  );
  t.regex(refused.text, /kronos build --origin xapi=/);
  await write('xapi');
  const good = await call('validate', at('pool.yaml'), '--image', at('k.manifest.json'));
  t.is(good.exitCode, 0, good.text);
  t.is((await call('validate', at('pool.yaml'))).exitCode, 0, 'nothing is known of the image');
});

test('validate puts in what a recorded machine says', async (t) => {
  const { at } = await workplace(t);
  const inventory = {
    format: 'kronos-inventory',
    version: 1,
    machine: { firmware: 'bios', memory: 1, cpus: 1, xen: false, serial: 'SN 1', uuid: 'u' },
    disks: [],
    interfaces: [],
  };
  await writeFile(at('machine.json'), JSON.stringify(inventory, null, 2));
  const example = join(GOOD, 'example.yaml');
  const { text } = await call('validate', example, '--inventory', at('machine.json'));
  t.regex(text, /hostname {2}xen-r12-sn-1\.example\.net\n/);
  await writeFile(at('machine.json'), '{"format": "kronos"}');
  await t.throwsAsync(call('validate', example, '--inventory', at('machine.json')), {
    code: 'input/missing-key',
  });
});

test('new writes a file that validates, for its owner only, and overwrites nothing', async (t) => {
  const { at } = await workplace(t);
  await writeFiles(at(''), {
    'key.pub': 'ssh-ed25519 ' + 'A'.repeat(68) + ' me\n',
    pw: 'canary\n',
  });
  const file = at('new.yaml');
  const answers = ['hostname=xen01', 'disk=>= 200 GB', 'network=192.0.2.10/24', 'dns=192.0.2.1'];
  const all = [
    ...answers,
    'gateway=192.0.2.1',
    `sshKey=${at('key.pub')}`,
    `passwordFile=${at('pw')}`,
  ];
  const { text } = await call('new', file, '--answers', ...all);
  t.is(text, `wrote ${file}`);
  t.is((await stat(file)).mode & 0o777, 0o600);
  const written = await readFile(file, 'utf8');
  t.notRegex(written, /canary/);
  const { hostFile } = await parseHostFile(written, file);
  t.regex(hostFile.root.passwordHash ?? '', /^\$6\$/);
  t.is(hostFile.root.sshKeys.length, 1);

  await t.throwsAsync(call('new', file, '--answers', ...answers), { code: 'input/file-exists' });
  t.is(await readFile(file, 'utf8'), written);
  await call('new', file, '--force', '--answers', ...answers);
  t.not(await readFile(file, 'utf8'), written);
  t.is((await stat(file)).mode & 0o777, 0o600);
});

test('new refuses what is no answer, and a password among the arguments', async (t) => {
  const { at } = await workplace(t);
  const refuse = (code: string, ...answers: string[]) =>
    t.throwsAsync(call('new', at('x.yaml'), '--answers', ...answers), { code });
  await refuse('input/missing-answer', 'hostname=a');
  await refuse('input/password-in-arguments', 'password=x', 'hostname=a', 'disk=S1');
  await refuse('input/unknown-answer', 'hostnam=a', 'hostname=a', 'disk=S1');
  await refuse('input/wrong-answer', 'hostname=a b', 'disk=S1');
  await refuse('input/wrong-answer', 'hostname=a', 'disk=S1', 'gateway=192.0.2.1');
  await refuse('input/combination', 'hostname=a', 'disk=S1', 'passwordHash=!!', 'passwordFile=x');
});

test('embed and extract carry a host file; warnings want --force', async (t) => {
  const { at, iso } = await workplace(t);
  const minimal = join(GOOD, 'minimal.yaml');
  const { text, json } = await call('embed', iso, minimal);
  const sha256 = digestOf(await readFile(minimal));
  t.regex(
    text,
    new RegExp(`minimal\\.yaml \\(xen01\\) is in .*: \\d+ bytes at 40960\nsha256 ${sha256}$`),
  );
  t.like(json, { sha256, replaced: false });
  t.is(`${(await call('extract', iso)).text}\n`, await readFile(minimal, 'utf8'));

  const surprising = join(GOOD, 'surprising.yaml');
  const refused = await call('embed', iso, surprising);
  t.is(refused.exitCode, 2);
  t.regex(refused.text, /^warning .*\nerror input\/host-file-warnings: .* was not embedded\n/s);
  t.is(`${(await call('extract', iso)).text}\n`, await readFile(minimal, 'utf8'));
  t.regex((await call('embed', iso, surprising, '--force')).text, /another host file was there/);
  await t.throwsAsync(call('embed', iso, join(BAD, 'several.yaml'), '--force'), {
    code: 'input/missing-key',
  });

  await call('extract', iso, '--output', at('out.yaml'));
  t.deepEqual(await readFile(at('out.yaml')), await readFile(surprising));
  t.is((await stat(at('out.yaml'))).mode & 0o777, 0o600);
  t.regex((await call('embed', iso, '--clear')).text, /holds no host file any more/);
  t.true((await readFile(iso)).equals(tinyIso()));
  await t.throwsAsync(call('extract', iso), { code: 'input/no-host-file' });
  await t.throwsAsync(call('embed', iso), { code: 'input/missing-argument' });
  await t.throwsAsync(call('embed', iso, minimal, '--clear'), { code: 'input/combination' });
});

test('an embedded host file is whole: what it includes is in it, what stays behind is named', async (t) => {
  const { at, iso } = await workplace(t);
  t.regex((await call('embed', iso, join(GOOD, 'includes.yaml'))).text, /were put in/);
  const { text } = await call('extract', iso);
  const { hostFile } = await parseHostFile(text, 'embedded');
  t.is(hostFile.hostname, 'xen-${mac}.example.net');
  t.is(hostFile.network.management.vlan, 12);
  const minimal = await readFile(join(GOOD, 'minimal.yaml'), 'utf8');
  await writeFile(
    at('h.yaml'),
    minimal.replace('passwordHash: "!!"', 'password: { file: secrets/root }'),
  );
  const refused = await call('embed', iso, at('h.yaml'));
  t.regex(refused.text, /warning input\/file-stays-behind: .*h\.yaml:4:21: .* secrets\/root\n/);
});

test('schema prints the schema that is in docs', async (t) => {
  const { at } = await workplace(t);
  const root = join(sourceDirectory(import.meta.url), '../../..');
  const committed = await readFile(join(root, 'docs/schema/host-file.schema.json'), 'utf8');
  t.is(`${(await call('schema')).text}\n`, committed, 'npm run docs');
  await call('schema', '--output', at('s.json'));
  t.is(await readFile(at('s.json'), 'utf8'), committed);
});
