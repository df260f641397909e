import { link, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import {
  moveWrittenSecrets,
  readGivenSecrets,
  type SecretSection,
} from '../../src/firstboot/given-secrets.ts';
import { readSecrets } from '../../src/firstboot/secrets.ts';
import { parseHostFile } from '../../src/host/read.ts';
import { temporaryDirectory } from '../temporary.ts';

const FINGERPRINT = 'ab'.repeat(32);

/** A host file of an operator, comments and all. */
function hostText(pool: string, chap = '{ prompt: "chap" }', more: readonly string[] = []): string {
  return [
    'version: 1 # ours',
    'hostname: xen02',
    'root: { passwordHash: "!!" }',
    'toolstack: xapi',
    'disks: { system: { match: {} } }',
    'network: { management: { interface: { match: {} } } }',
    'storage:',
    '  - type: iscsi',
    '    name: san',
    '    targets: [{ address: 10.0.0.9 }]',
    '    iqn: iqn.2026-01.net.example:a',
    '    lun: 0',
    `    chap: { user: u, password: ${chap} }`,
    'pool:',
    '  role: member',
    '  coordinator: 10.0.0.1',
    `  fingerprint: "${FINGERPRINT}"`,
    '  credential:',
    `    password: ${pool}`,
    '# the end',
    ...more,
    '',
  ].join('\n');
}

async function openHost(t: ExecutionContext, text: string) {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'host.yaml');
  const place = join(directory, 'secrets.json');
  await writeFile(path, text, { mode: 0o644 });
  const read = async () => (await parseHostFile(await readFile(path, 'utf8'), path)).hostFile;
  const given = async (isMember = false) =>
    readGivenSecrets(await read(), await readSecrets(place), { isMember, directory });
  const move = async () => {
    const value = await read();
    const parts = { path, text: await readFile(path, 'utf8'), value };
    return moveWrittenSecrets(await given(), await readSecrets(place), parts, place);
  };
  return { directory, path, place, given, move };
}

test('what a command does not need is not asked for', async (t) => {
  const asked: string[] = [];
  const text = hostText('{ file: pool }', '{ url: "https://10.0.0.9/chap" }', [
    'report: { url: "https://10.0.0.8/", token: { url: "https://10.0.0.9/token" } }',
  ]);
  const { hostFile } = await parseHostFile(text, 'host.yaml');
  const read = async (wanted: readonly SecretSection[]) =>
    readGivenSecrets(hostFile, await readSecrets('/nonexistent/secrets.json'), {
      ...{ isMember: false, wanted },
      fetch: (url) => {
        asked.push(url);
        return Promise.resolve('canary');
      },
    });
  t.deepEqual((await read([])).secrets, { format: 'kronos-secrets', storage: {} });
  t.deepEqual((await read([])).failures, []);
  t.deepEqual(asked, []);
  t.deepEqual((await read(['report'])).secrets, {
    ...{ format: 'kronos-secrets', report: 'canary', storage: {} },
  });
  t.deepEqual(asked, ['https://10.0.0.9/token']);
});

test('what is written out is used, and moved out of the host file, which keeps all else', async (t) => {
  const { path, place, given, move } = await openHost(t, hostText("'canary'", `"chap'ary"`));
  const { secrets, failures } = await given();
  t.deepEqual(failures, []);
  t.deepEqual(secrets, {
    ...{ format: 'kronos-secrets', pool: 'canary', storage: { san: "chap'ary" } },
  });
  await link(path, `${path}.old`);
  t.deepEqual(await move(), []);
  t.is(
    await readFile(path, 'utf8'),
    hostText(
      '{ prompt: "password of the pool (removed)" }',
      '{ prompt: "password of the storage repository san (removed)" }',
    ),
  );
  t.is((await stat(path)).mode & 0o777, 0o600);
  t.regex(await readFile(`${path}.old`, 'utf8'), /^\0+$/, 'what was on the disk is overwritten');
  t.deepEqual(await readSecrets(place), secrets);
  t.is((await stat(place)).mode & 0o777, 0o600);
  t.deepEqual((await given()).secrets, secrets, 'found again where it was put');
  await move();
  t.deepEqual(await readSecrets(place), secrets);
});

test('a file is read when it is needed: a member needs no password that is only named', async (t) => {
  const { directory, path, place, given, move } = await openHost(t, hostText('{ file: pw }'));
  await writeFile(join(directory, 'pw'), 'canary\n');
  t.is((await given()).secrets.pool, 'canary');
  t.is((await given(true)).secrets.pool, undefined);
  await move();
  t.regex(await readFile(path, 'utf8'), /password: \{ file: pw \}/);
  t.is((await readSecrets(place)).pool, undefined);
});

test('one that cannot be had keeps nobody else from going on', async (t) => {
  const { given } = await openHost(t, hostText('{ file: pw }', 'canary'));
  const { secrets, failures } = await given();
  t.deepEqual(secrets.storage, { san: 'canary' });
  t.like(failures, [{ name: 'password of the pool', error: { code: 'input/secret-file' } }]);
});

test('one that comes from a variable stays, and is named', async (t) => {
  const text = hostText('"${pw}"', undefined, ['variables: { pw: canary }']);
  const { path, given, move } = await openHost(t, text);
  t.is((await given()).secrets.pool, 'canary');
  t.deepEqual(await move(), ['password of the pool']);
  t.is(await readFile(path, 'utf8'), text);
});

test('however it is typed, it is moved whole', async (t) => {
  const styles = [
    (secret: string) => JSON.stringify(secret),
    (secret: string) => `'${secret.replaceAll("'", "''")}'`,
    (secret: string) => `|-\n      ${secret}`,
    (secret: string) => `>-  # folded\n      ${secret}`,
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.stringMatching(/^[!-#%-~]{3,20}$/),
      fc.constantFrom(...styles),
      async (secret, style) => {
        const { path, place, move } = await openHost(t, hostText(style(secret)));
        await move();
        t.is((await readSecrets(place)).pool, secret);
        const after = await readFile(path, 'utf8');
        t.is(
          after.replace(/^\n/m, ''),
          hostText('{ prompt: "password of the pool (removed)" }').replace(/^\n/m, ''),
        );
      },
    ),
    { numRuns: 60 },
  );
});
