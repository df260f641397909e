import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Lock, LockedPackage } from '../../../src/builder/lock/lock.ts';
import type { Recipe, Selection } from '../../../src/builder/recipe/recipe.ts';
import { explainChange } from '../../../src/builder/step/explain.ts';
import type { StepResult } from '../../../src/builder/step/step.ts';
import { collectLayers } from '../../../src/builder/steps/boot.ts';
import { filesStep, readBelow } from '../../../src/builder/steps/files.ts';
import { packagesStep } from '../../../src/builder/steps/packages.ts';
import { toolsStep } from '../../../src/builder/steps/tools.ts';
import { digestFile, digestOf } from '../../../src/common/digest.ts';
import { SILENT } from '../../../src/common/progress.ts';
import { makeDeb, names } from '../packages/deb.ts';
import { plainFile, plainRecipe, plainSelection } from '../recipe/plain.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

function result(name: string, directory = '/none'): StepResult {
  return { name, key: name, directory, reused: true, reason: '', seconds: 0 };
}

function locked(name: string, more: Partial<LockedPackage> = {}): LockedPackage {
  return {
    ...{ name, version: '1', architecture: 'amd64', layer: 'host', recipe: 'base', asked: true },
    ...{ origin: 'distribution', path: `${name}.deb`, size: 1, sha256: digestOf(name), ...more },
  };
}

function packagesInputs(recipe: Partial<Recipe> = {}, locks: readonly LockedPackage[] = []) {
  const lock: Lock = {
    ...{ version: 1, edition: 'test', suite: 'trixie', architecture: 'amd64', epoch: 1 },
    ...{ requests: '', origins: {}, packages: [locked('bash'), ...locks] },
  };
  return packagesStep({
    ...{ selection: plainSelection([plainRecipe('base', recipe)]), lock, tools: result('tools') },
    ...{ compression: { name: 'zstd', level: 3 }, blobs: '/blobs', blobFile: (sha256) => sha256 },
  }).inputs;
}

test('packages are made anew for what they depend on, named, and for nothing else', (t) => {
  const before = packagesInputs();
  const explain = (recipe: Partial<Recipe>, locks: readonly LockedPackage[] = []) =>
    explainChange(before, packagesInputs(recipe, locks)).replace(/^ran: /, '');
  const same = 'its output was no longer in the cache';
  const unit = plainFile('/etc/systemd/system/a.service', '');
  const services = { enable: ['a.service'], disable: [], mask: [] };
  t.is(explain({ files: [plainFile('/etc/motd', 'x')], state: ['/var/lib/x'] }), same);
  t.is(explain({}, [locked('xorriso', { layer: 'tools' })]), same);
  t.is(explain({}, [locked('openssl')]), 'lock: host packages changed');
  t.is(explain({}, [locked('eject', { layer: 'live' })]), 'lock: live packages changed');
  t.is(explain({ exclude: ['/usr/share/doc/**'] }), 'recipes: exclude changed');
  t.is(explain({ initrdModules: ['overlay'] }), 'recipes: initrdModules changed');
  // A unit of a package is enabled in the tree, a unit that the recipe ships is not there yet.
  const enabled = (recipe: Partial<Recipe>) =>
    (packagesInputs(recipe)['recipes: services'] as Recipe['services']).enable;
  t.deepEqual(enabled({ services }), ['a.service']);
  t.deepEqual(enabled({ services, files: [unit] }), []);
});

test('a changed file names its recipe', (t) => {
  const inputs = (selection: Selection) =>
    filesStep({
      ...{ selection, version: '0.1.0', epoch: 1 },
      ...{ tools: result('tools'), packages: result('packages') },
      ...{ programs: result('programs'), loader: result('loader') },
    }).inputs;
  const of = (text: string, more: Partial<Recipe> = {}) =>
    inputs(
      plainSelection([
        plainRecipe('base', { files: [plainFile('/etc/motd', text)], ...more }),
        plainRecipe('other'),
      ]),
    );
  t.is(explainChange(of('a'), of('b')), 'ran: recipe base changed');
  t.is(explainChange(of('a'), of('a', { exclude: ['/x'] })).startsWith('ran: its output'), true);
});

test('files of the medium lie on the packages of the medium too', async (t) => {
  const directory = await temporaryDirectory(t);
  const line = (path: string, mode: number) =>
    `${JSON.stringify({ path, type: 'directory', mode, uid: 0, gid: 0 })}\n`;
  await writeFiles(directory, { 'contents/packages.jsonl': line('/a', 0o700) + line('/b', 0o700) });
  t.deepEqual([...(await readBelow(directory, 'live')).keys()], ['/a', '/b']);
  await writeFiles(directory, {
    'contents/live-packages.jsonl': line('/b', 0o750) + line('/c', 0o711),
  });
  const modes = async (name: 'host' | 'live') =>
    [...(await readBelow(directory, name)).values()].map((entry) => entry.mode);
  t.deepEqual(await modes('live'), [0o700, 0o750, 0o711]);
  t.deepEqual(await modes('host'), [0o700, 0o700]);
});

test('layers come bottom first, those that nobody made are left out', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, {
    'packages/layers/packages.squashfs': 'p',
    'files/layers/host.squashfs': 'h',
    'files/layers/live.squashfs': 'l',
  });
  const [packages, files] = ['packages', 'files'].map((name) =>
    result(name, join(directory, name)),
  );
  if (packages === undefined || files === undefined) return t.fail();
  const layers = await collectLayers(packages, files);
  t.deepEqual(
    layers.map(({ name, live, sha256 }) => ({ name, live, sha256 })),
    [
      { name: 'packages', live: false, sha256: digestOf('p') },
      { name: 'host', live: false, sha256: digestOf('h') },
      { name: 'live', live: true, sha256: digestOf('l') },
    ],
  );
});

test('tools are unpacked from their packages, and a damaged package is told before', async (t) => {
  const directory = await temporaryDirectory(t);
  const { file } = await makeDeb(directory, {
    name: 'tool',
    files: { 'bin/tool': 'tool', 'usr/share/doc/tool/README': '', 'usr/share/tool/table': '' },
  });
  const output = join(directory, 'output');
  const context = {
    ...{ directory: output, scratch: directory, progress: SILENT },
    signal: new AbortController().signal,
  };
  const make = async (sha256: string) => {
    await mkdir(output, { recursive: true });
    const tool = locked('tool', { layer: 'tools', sha256 });
    const step = toolsStep([tool, locked('bash')], () => file);
    t.deepEqual(step.inputs, { 'lock: tools': [`tool=${sha256}`] });
    await step.run(context);
  };
  const sha256 = await digestFile(file);
  await make(sha256);
  t.deepEqual(await names(join(output, 'root/usr/bin')), ['tool']);
  t.deepEqual(await names(join(output, 'root/usr/share/doc')), []);
  t.deepEqual(await names(join(output, 'root/usr/share/tool')), ['table']);
  await writeFile(file, 'damaged');
  const error = await t.throwsAsync(make(sha256));
  t.is((error as { code?: string }).code, 'verification/blob-digest');
});
