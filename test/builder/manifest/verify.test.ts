import {
  appendFile,
  chmod,
  cp,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { digestFile } from '../../../src/common/digest.ts';
import { run } from '../../../src/common/process.ts';
import { SILENT } from '../../../src/common/progress.ts';
import { signFile } from '../../../src/builder/manifest/signature.ts';
import { listMedium } from '../../../src/builder/manifest/medium.ts';
import {
  formatVerifyReport,
  verifyError,
  verifyRelease,
  type VerifyReport,
} from '../../../src/builder/manifest/verify.ts';
import { toolsRoot } from '../../tools-root.ts';
import { items, makeMedium, makeRelease, NAME, pristine } from './fixture.ts';

const ISO = `${NAME}.iso`;
let base = '';

test.before(async () => {
  base = await mkdtemp(join(tmpdir(), 'kronos-verify-'));
  await makeRelease(join(base, 'good'), join(base, 'scratch'), toolsRoot());
});

test.after.always(async () => {
  await rm(base, { recursive: true, force: true });
});

/** A copy of the good release to spoil. */
async function copy(name: string): Promise<string> {
  const directory = join(base, name.replaceAll(' ', '-'));
  await cp(join(base, 'good'), directory, { recursive: true });
  return directory;
}

async function verify(
  path: string,
  more: { keyring?: string; requireSignature?: boolean } = {},
): Promise<VerifyReport> {
  return verifyRelease({ path, toolsRoot: toolsRoot(), pristine, progress: SILENT, ...more });
}

async function overwrite(path: string, position: number, data: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(Buffer.from(data), 0, null, position);
  await handle.close();
}

function named(report: VerifyReport): string[] {
  return report.problems.map(({ name, file }) => `${name} ${file}`);
}

test('a release as it was made has nothing wrong', async (t) => {
  const report = await verify(join(base, 'good'));
  t.deepEqual(report.problems, []);
  t.deepEqual(report.notes, []);
  t.is(report.hostFile, 'none');
  t.deepEqual(report.signature, { state: 'unsigned' });
  t.deepEqual(report.checked, { files: 5, mediumFiles: 5, entries: 26, packages: 4 });
  t.is(verifyError(report), undefined);
  t.regex(formatVerifyReport(report), /^result {5}ok$/m);
});

test('the same release is made twice with the same bytes', async (t) => {
  await makeRelease(join(base, 'again'), join(base, 'scratch-again'), toolsRoot());
  for (const file of [
    ISO,
    `${NAME}.manifest.json`,
    `${NAME}.sbom.json`,
    `${NAME}.contents.jsonl`,
    'SHA256SUMS',
  ]) {
    t.is(
      await digestFile(join(base, 'again', file)),
      await digestFile(join(base, 'good', file)),
      file,
    );
  }
});

test('coreutils reads SHA256SUMS', async (t) => {
  const { stdout } = await run(['sha256sum', '-c', 'SHA256SUMS'], { cwd: join(base, 'good') });
  t.regex(stdout, /pxe\/vmlinuz: OK/);
});

test('a flipped byte in a layer is told for the ISO, the file on it and the path in it', async (t) => {
  const directory = await copy('flipped');
  const file = (await listMedium(toolsRoot(), join(directory, ISO))).find(({ path }) =>
    path.endsWith('/host.squashfs'),
  );
  const iso = await readFile(join(directory, ISO));
  // The layer is so small that squashfs stores its data as they are.
  const at = iso.indexOf('syntax off', file?.offset);
  t.true(at > 0);
  await overwrite(join(directory, ISO), at, 'S');
  const report = await verify(directory);
  t.deepEqual(named(report), [
    `changed-file ${ISO}`,
    'changed-file iso:/kronos/layers/host.squashfs',
    'changed-content host:/etc/editor.conf',
  ]);
  t.is(report.hostFile, 'unknown');
  t.is(verifyError(report)?.exitCode, 6);
});

test('a layer that cannot be read is told, and the other layers are still checked', async (t) => {
  const directory = await copy('unreadable');
  const file = (await listMedium(toolsRoot(), join(directory, ISO))).find(({ path }) =>
    path.endsWith('/host.squashfs'),
  );
  await overwrite(join(directory, ISO), file?.offset ?? 0, 'none');
  const report = await verify(directory);
  t.true(named(report).includes('unreadable-layer iso:/kronos/layers/host.squashfs'));
  t.is(report.checked.entries, 23);
});

test('an ISO without a file system is told', async (t) => {
  const directory = await copy('no file system');
  await overwrite(join(directory, ISO), 32768, Buffer.alloc(4096));
  t.deepEqual(named(await verify(directory)), [`changed-file ${ISO}`, `unreadable-iso ${ISO}`]);
});

test('a missing file is told', async (t) => {
  const directory = await copy('missing');
  await unlink(join(directory, 'pxe/vmlinuz'));
  t.deepEqual(named(await verify(directory)), ['missing-file pxe/vmlinuz']);
});

test('an ISO that was copied without pxe/ passes and says what was not checked', async (t) => {
  const directory = await copy('iso only');
  await rm(join(directory, 'pxe'), { recursive: true });
  await rename(join(directory, ISO), join(directory, 'renamed.iso'));
  const report = await verify(join(directory, 'renamed.iso'));
  t.deepEqual(report.problems, []);
  t.deepEqual(report.notes, ['not beside the ISO and not checked (1): pxe/vmlinuz']);
});

test('a file that only SHA256SUMS lists is told', async (t) => {
  const directory = await copy('extra line');
  await appendFile(join(directory, 'SHA256SUMS'), `${'0'.repeat(64)}  pxe/extra\n`);
  const report = await verify(directory);
  t.deepEqual(report.problems, [
    {
      name: 'unexpected-file',
      file: 'pxe/extra',
      expected: 'not in the manifest',
      found: 'SHA256SUMS lists it, and it is not there',
    },
  ]);
});

test('a file below pxe/ that nobody lists is told; one beside the ISO is noted', async (t) => {
  const directory = await copy('strangers');
  await writeFile(join(directory, 'pxe/extra'), '');
  await writeFile(join(directory, 'notes.txt'), '');
  const report = await verify(directory);
  t.deepEqual(named(report), ['unlisted-file pxe/extra']);
  t.deepEqual(report.notes, ['files that do not belong to the release: notes.txt']);
});

test('a path that leads out of the directory spoils SHA256SUMS', async (t) => {
  const directory = await copy('escape');
  await appendFile(join(directory, 'SHA256SUMS'), `${'0'.repeat(64)}  ../secret\n`);
  const [problem] = (await verify(directory)).problems;
  t.is(problem?.file, 'SHA256SUMS');
  t.regex(problem?.found ?? '', /"\.\.\/secret" leads out of the directory \(line 6\)/);
});

test('a changed mode in a layer is told by path, expected and found', async (t) => {
  const directory = await copy('mode');
  const changed = items();
  for (const item of changed.packages) if (item.path === '/usr/bin/editor') item.mode = 0o755;
  await makeMedium(directory, join(base, 'scratch-mode'), toolsRoot(), changed);
  const report = await verify(directory);
  t.deepEqual(
    report.problems.filter(({ name }) => name === 'changed-content'),
    [
      {
        name: 'changed-content',
        file: 'packages:/usr/bin/editor',
        expected: 'mode 4755',
        found: 'mode 0755',
      },
    ],
  );
});

test('a package of another version and a file too many are told', async (t) => {
  const directory = await copy('package');
  const changed = items();
  for (const item of changed.packages) {
    if (item.content?.startsWith('Package') === true)
      item.content = item.content.replace('2.41-12', '2.41-13');
  }
  changed.host.push({ path: '/etc/backdoor', content: 'open\n' });
  await makeMedium(directory, join(base, 'scratch-package'), toolsRoot(), changed);
  const report = await verify(directory);
  t.deepEqual(
    report.problems.filter(({ name }) => name === 'changed-package'),
    [
      {
        name: 'changed-package',
        file: 'packages: package libc6:amd64',
        expected: 'version 2.41-12',
        found: 'version 2.41-13',
      },
    ],
  );
  t.true(named(report).includes('changed-content host:/etc/backdoor'));
});

test('a host file in its area is accepted and told', async (t) => {
  const directory = await copy('host file');
  const manifest = JSON.parse(await readFile(join(directory, `${NAME}.manifest.json`), 'utf8')) as {
    iso: { hostArea: { offset: number } };
  };
  await overwrite(join(directory, ISO), manifest.iso.hostArea.offset, 'host: one\n');
  const report = await verify(directory);
  t.deepEqual(report.problems, []);
  t.is(report.hostFile, 'embedded');
  t.regex(formatVerifyReport(report), /host file embedded/);
});

test('one byte beyond the area of the host file is refused', async (t) => {
  const directory = await copy('beyond');
  const path = join(directory, `${NAME}.manifest.json`);
  const { iso } = JSON.parse(await readFile(path, 'utf8')) as {
    iso: { hostArea: { offset: number; size: number } };
  };
  await overwrite(join(directory, ISO), iso.hostArea.offset, 'host: one\n');
  await overwrite(join(directory, ISO), iso.hostArea.offset + iso.hostArea.size, 'x');
  const report = await verify(directory);
  t.true(named(report).includes(`changed-file ${ISO}`));
  t.is(report.hostFile, 'unknown');
});

test('a changed manifest does not fit SHA256SUMS', async (t) => {
  const directory = await copy('manifest');
  const path = join(directory, `${NAME}.manifest.json`);
  await writeFile(
    path,
    (await readFile(path, 'utf8')).replace('no origin is named', 'an origin is named'),
  );
  t.deepEqual(named(await verify(directory)), [`changed-file ${NAME}.manifest.json`]);
});

test('a damaged manifest cannot be verified against', async (t) => {
  const directory = await copy('damaged manifest');
  const path = join(directory, `${NAME}.manifest.json`);
  await writeFile(path, (await readFile(path, 'utf8')).slice(0, -20));
  await t.throwsAsync(verify(directory), { code: 'verification/damaged-manifest' });
});

test('a directory without a release is refused', async (t) => {
  await t.throwsAsync(verify(base), { code: 'input/no-release' });
  await t.throwsAsync(verify(join(base, 'nowhere')), { code: 'input/no-release' });
});

test('an SBOM that leaves out a file is told', async (t) => {
  const directory = await copy('sbom');
  const path = join(directory, `${NAME}.sbom.json`);
  const sbom = JSON.parse(await readFile(path, 'utf8')) as { components: { name: string }[] };
  sbom.components = sbom.components.filter(({ name }) => name !== 'rescue-tools');
  await writeFile(path, JSON.stringify(sbom));
  t.deepEqual(named(await verify(directory)), [
    `changed-file ${NAME}.sbom.json`,
    `sbom ${NAME}.sbom.json: live-packages:/usr/bin/rescue`,
  ]);
});

test('a changed list of contents is told', async (t) => {
  const directory = await copy('contents');
  const path = join(directory, `${NAME}.contents.jsonl`);
  await writeFile(path, (await readFile(path, 'utf8')).replace('"mode":384', '"mode":420'));
  const names = named(await verify(directory));
  t.true(names.includes(`changed-file ${NAME}.contents.jsonl, layer host`));
  t.true(names.includes('changed-content host:/etc/editor.conf'));
});

test('signatures: good, of a stranger, of a changed file, and required', async (t) => {
  const homes = await Promise.all(
    ['owner', 'stranger'].map((name) => makeKey(join(base, `gpg-${name}`), name)),
  );
  const [owner, stranger] = homes;
  if (owner === undefined || stranger === undefined) return t.fail();
  const directory = await copy('signed');
  const sums = join(directory, 'SHA256SUMS');
  process.env['GNUPGHOME'] = owner.home;
  await t.throwsAsync(signFile(sums, 'nobody@mirror.example'), { code: 'input/signing-key' });
  t.is(await signFile(sums, 'owner@mirror.example'), `${sums}.asc`);
  const own = await verify(directory);
  t.is(own.signature.state, 'good');
  process.env['GNUPGHOME'] = stranger.home;
  const unknown = await verify(directory);
  t.is(unknown.signature.state, 'unchecked');
  t.regex(
    unknown.notes[0] ?? '',
    /^the signature was not checked: the key [0-9A-F]+ is not in the keyring$/,
  );
  const good = await verify(directory, { keyring: owner.keyring });
  t.is(good.signature.state, 'good');
  t.deepEqual(good.problems, []);
  const bad = await verify(directory, { keyring: stranger.keyring });
  t.regex(bad.problems[0]?.found ?? '', /is not in the keyring/);
  await writeFile(sums, (await readFile(sums, 'utf8')).replace(/ {2}pxe/, ' *pxe'));
  const changed = await verify(directory, { keyring: owner.keyring });
  t.deepEqual(changed.problems, [
    {
      name: 'signature',
      file: 'SHA256SUMS.asc',
      expected: 'a good signature',
      found: 'the signature does not fit the file',
    },
  ]);
  const unsigned = await verify(join(base, 'good'), { requireSignature: true });
  t.deepEqual(named(unsigned), ['signature SHA256SUMS.asc']);
  for (const { home } of homes) await run(['gpgconf', '--homedir', home, '--kill', 'gpg-agent']);
});

/** A throw-away key without passphrase; the keyring is armoured, as keys are published. */
async function makeKey(home: string, name: string): Promise<{ home: string; keyring: string }> {
  await cp(join(base, 'good/pxe'), home, { recursive: true });
  await chmod(home, 0o700);
  const gpg = ['gpg', '--batch', '--homedir', home];
  const uid = `${name}@mirror.example`;
  await run([...gpg, '--passphrase', '', '--quick-generate-key', uid, 'ed25519', 'sign', 'never']);
  const keyring = `${home}.asc`;
  await run([...gpg, '--armor', '--output', keyring, '--export', uid]);
  return { home, keyring };
}
