import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { bundleProgram } from '../../src/builder/bundle.ts';
import { run } from '../../src/common/process.ts';

const ROOT = process.cwd();

async function temporary(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

/** The compiled programs of this checkout in a directory of another name and depth. */
async function copyCheckout(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  await cp(join(ROOT, 'package.json'), join(directory, 'package.json'));
  for (const part of ['appliance', 'common']) {
    await cp(join(ROOT, 'build/src', part), join(directory, 'build/src', part), {
      recursive: true,
    });
  }
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  return join(directory, 'build/src/appliance');
}

test('bundles from different directories are identical, name no place and run', async (t) => {
  const directory = await temporary(t);
  const here = await bundleProgram(
    join(ROOT, 'build/src/appliance/selftest.js'),
    join(directory, 'a.cjs'),
  );
  const there = await bundleProgram(
    join(await copyCheckout(join(directory, 'some/where else')), 'selftest.js'),
    join(directory, 'out/b.cjs'),
  );
  t.is(here.sha256, there.sha256);
  const text = await readFile(here.file, 'utf8');
  t.is(Buffer.byteLength(text), here.size);
  t.is(text, await readFile(there.file, 'utf8'));
  t.false(text.includes(ROOT) || text.includes(directory));
  const { stdout } = await run(['node', here.file, '--help'], { cwd: directory });
  t.regex(stdout, /^Usage: kronos-selftest/);
});

test('the licences of what is in a bundle lie beside it', async (t) => {
  const directory = await temporary(t);
  const bundle = await bundleProgram(
    join(ROOT, 'build/src/installer/main.js'),
    join(directory, 'a.cjs'),
  );
  t.true(
    bundle.libraries.some(
      ({ name, version, license }) => name === 'js-yaml' && version !== '0' && license === 'MIT',
    ),
  );
  t.false(bundle.libraries.some(({ license }) => license === 'NOASSERTION'));
  const texts = await readFile(bundle.licencesFile ?? '', 'utf8');
  for (const { name, version } of bundle.libraries) t.true(texts.includes(`${name} ${version}`));
  const bare = await bundleProgram(
    join(ROOT, 'build/src/appliance/status.js'),
    join(directory, 'b.cjs'),
  );
  t.deepEqual(bare.libraries, []);
  t.is(bare.licencesFile, undefined);
});

test('a program that does not bundle is a defect, told with the reason', async (t) => {
  const directory = await temporary(t);
  await writeFile(join(directory, 'package.json'), '{}');
  await writeFile(join(directory, 'bad.js'), "import 'no-such-library';\n");
  const error = await t.throwsAsync(
    bundleProgram(join(directory, 'bad.js'), join(directory, 'out.cjs')),
  );
  t.is((error as { code?: string }).code, 'internal/bundle-failed');
  t.regex(String(error.cause), /no-such-library/);
});
