// Real packages, in a copy of this system: made twice, looked at by lintian, installed, upgraded, cut, removed, purged.
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseRelations } from '../../../src/builder/apt/relations.ts';
import { makePackages, type PackageOptions } from '../../../src/builder/package/package.ts';
import { runInSandbox } from '../../../src/builder/sandbox/sandbox.ts';
import { digestFile } from '../../../src/common/digest.ts';
import type { KronosError } from '../../../src/common/error.ts';
import { run } from '../../../src/common/process.ts';
import { SILENT, UNOBSERVED } from '../../../src/common/progress.ts';
import { leftPaths, xapiPaths } from '../../../src/firstboot/xapi/prepare/paths.ts';
import { dropKey, makeKey } from '../apt/repository.ts';
import { makeDeb } from '../packages/deb.ts';
import { ourDefinitions, ourManuals, ROOT } from './input.ts';
import type { LifecycleInput, LifecycleReport, LifecycleStep } from './jobs/lifecycle.ts';

const IDLE = new AbortController().signal;
const PATHS = xapiPaths({ management: "MODE='dhcp'\n" });

/** Mounting an overlay of the whole system takes root. */
const asRoot = process.getuid?.() === 0 ? test.serial : test.serial.skip;

async function make(
  options: Pick<PackageOptions, 'out' | 'version' | 'format' | 'only' | 'key'>,
): Promise<Map<string, string>> {
  const made = await makePackages({
    ...{ ...options, observer: UNOBSERVED, signal: IDLE, manuals: await ourManuals() },
    xapiPaths: leftPaths(),
  });
  return new Map(made.map(({ name, file }) => [name, file]));
}

let first: Map<string, string>;
let directory: string;

test.before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  first = await make({ out: join(directory, 'first'), version: '1.0', format: 'deb' });
});

test.after.always(() => rm(directory, { recursive: true, force: true }));

async function sums(out: string): Promise<Record<string, string>> {
  const entries = (await readdir(out))
    .sort()
    .map(async (name) => [name, await digestFile(join(out, name))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** What the packages need, as one package that provides it. */
async function standIn(): Promise<string> {
  const definitions = await ourDefinitions();
  const ours = new Set(definitions.map(({ name }) => name));
  const provides = new Set<string>();
  for (const { relations } of definitions) {
    for (const group of relations.depends.flatMap(parseRelations))
      for (const { name, version } of group)
        if (!ours.has(name)) provides.add(version === undefined ? name : `${name} (= ${version})`);
  }
  const fields = { Provides: [...provides].join(', ') };
  return (await makeDeb(directory, { name: 'kronos-test-needs', fields })).file;
}

async function live(
  base: readonly string[],
  steps: readonly LifecycleStep[],
): Promise<LifecycleReport> {
  const place = join(directory, String(Math.random()).slice(2));
  await mkdir(place);
  const input: LifecycleInput = { directory: place, base: [await standIn(), ...base], steps };
  const url = new URL('jobs/lifecycle.js', import.meta.url).href;
  return runInSandbox(url, input, { progress: SILENT, signal: IDLE });
}

function named(packages: ReadonlyMap<string, string>, ...names: string[]): string[] {
  return names.map((name) => packages.get(name) ?? '');
}

test.serial(
  'the command that a package installs makes the same packages, whatever surrounds it',
  async (t) => {
    const root = join(directory, 'some where', 'else');
    await mkdir(root, { recursive: true });
    await run(['dpkg-deb', '-x', first.get('kronos') ?? '', root]);
    const out = join(directory, 'second');
    const main = join(root, 'usr/lib/kronos/build/src/cli/main.js');
    // A shell for its umask.
    const shell = ['sh', '-c', 'umask 077; exec "$@"', 'sh'];
    const { stdout } = await run(
      [
        ...shell,
        process.execPath,
        main,
        'package',
        'deb',
        '--version',
        '1.0',
        '--out',
        out,
        '--json',
      ],
      {
        cwd: '/',
        environment: { TZ: 'Asia/Tokyo', LC_ALL: 'de_DE.UTF-8' },
        extendEnvironment: true,
      },
    );
    t.is((JSON.parse(stdout) as { packages: unknown[] }).packages.length, 6);
    t.deepEqual(await sums(out), await sums(join(directory, 'first')));
  },
);

test.serial('rpms are the same twice, and rpmlint has nothing to say', async (t) => {
  const [a, b] = [join(directory, 'rpm-a'), join(directory, 'another', 'rpm-b')];
  const options = { version: '1.0', format: 'rpm' } as const;
  await make({ ...options, out: a });
  process.env['TZ'] = 'Asia/Tokyo';
  await make({ ...options, out: b });
  delete process.env['TZ'];
  t.deepEqual(await sums(a), await sums(b));
  const config = join(ROOT, 'packaging/rpm/rpmlint.toml');
  const files = (await readdir(a)).map((name) => join(a, name));
  const { stdout } = await run(['rpmlint', '-c', config, ...files], { accept: [0, 64, 66] });
  t.regex(stdout, /0 errors, 0 warnings/);
});

test.serial('lintian has nothing to say', async (t) => {
  const { stdout, stderr } = await run(
    ['lintian', '--pedantic', '--display-info', '--allow-root', ...first.values()],
    {
      accept: [0, 1, 2],
    },
  );
  t.is(`${stdout}${stderr}`.replace(/^running with root.*\n?/m, ''), '');
});

asRoot('a host by packages: installed, upgraded, cut, removed and purged', async (t) => {
  const options = { version: '1.1', format: 'deb' } as const;
  const out = join(directory, 'upgrade');
  const only = ['kronos-firstboot', 'xcp-host', 'xcp-xl'];
  const second = await make({ ...options, out, only });
  const host = ['kronos-firstboot', 'xcp-host', 'xcp-xl'];
  const unit = '/etc/systemd/system/multi-user.target.wants/kronos-firstboot.service';
  const adopted =
    'mkdir -p /etc/kronos /var/lib/kronos /var/log/kronos; echo 1 >/etc/kronos/host.yaml\n';
  const { said, calls, unfinished, left, gone } = await live(
    [],
    [
      // A container without systemd.
      { dpkg: ['--install', ...named(first, ...host)] },
      // A host: the postinst is cut while the host is adopted.
      { write: '/run/systemd/system/x', text: '' },
      { write: '/run/adopt', text: 'kill -KILL $PPID; sleep 1\n' },
      { dpkg: ['--install', ...named(second, 'xcp-xl')], fails: true },
      { write: '/run/adopt', text: adopted },
      { dpkg: ['--install', ...named(second, ...host)] },
      { dpkg: ['--configure', '--pending'] },
      // A host that cannot be adopted, and a boot directory that cannot be written to.
      { write: '/run/adopt', text: 'echo no >&2; exit 5\n' },
      { remove: unit },
      { readOnly: '/boot' },
      { dpkg: ['--install', ...named(second, ...host)] },
      { write: '/run/adopt', text: '' },
      { dpkg: ['--remove', 'xcp-xl', 'xcp-host'] },
      { dpkg: ['--purge', ...host] },
    ],
  );
  const memory = 'dom0_mem=2048M,max:2048M';
  t.regex(said[0] ?? '', /xcp-xl: systemd does not run here/);
  // What the administrator had chosen goes into the environment of GRUB.
  t.deepEqual(calls[0], ['grub-set-default 1', `update-grub saved ${memory}`]);
  t.deepEqual(unfinished[0], []);
  t.true((unfinished[1] ?? []).length > 0);
  t.deepEqual(
    calls[2]?.filter((line) => line.startsWith('update-grub')),
    [`update-grub saved ${memory}`],
  );
  t.true(calls[2]?.includes('kronos-firstboot adopt'));
  t.deepEqual(unfinished[2], []);
  t.deepEqual(calls[3], []);
  t.regex(said[4] ?? '', /update-grub failed/);
  t.regex(said[4] ?? '', /the next start leaves this host as it is/);
  t.deepEqual(unfinished[4], []);
  t.is(calls[5]?.filter((line) => line === 'kronos-firstboot release').length, 1);
  // The configuration that is left does nothing any more.
  t.true(calls[5]?.includes('update-grub 1 '));
  t.deepEqual({ left, gone }, { left: [], gone: [] });
});

asRoot(
  'xcp-xapi takes away what first boot made for xapi, and nothing of xapi itself',
  async (t) => {
    const core = await makeDeb(directory, {
      name: 'xapi-core',
      files: { '/etc/xensource/pool.conf': 'master', '/opt/xensource/bin/xapi': 'program' },
    });
    const names = ['kronos-firstboot', 'xcp-host', 'xcp-xapi'];
    const made = PATHS.filter(({ path }) => path !== '/etc/xensource/pool.conf').map(
      ({ path, text, target }): LifecycleStep =>
        target === undefined
          ? { write: text === undefined ? `${path}/.x` : path, text: text ?? '' }
          : { link: path, target },
    );
    const records = leftPaths()
      .filter((path) => PATHS.every((one) => one.path !== path))
      .map((path): LifecycleStep => ({ write: path, text: '' }));
    const empty = PATHS.filter(
      ({ text, target }) => text === undefined && target === undefined,
    ).map(({ path }): LifecycleStep => ({ remove: `${path}/.x` }));
    const { calls, left, gone } = await live(
      [core.file],
      [
        { dpkg: ['--install', ...named(first, ...names)] },
        ...made,
        ...records,
        ...empty,
        // The other toolstack takes its place: the host stays what it is.
        { write: '/run/systemd/system/x', text: '' },
        {
          dpkg: ['--install', '--auto-deconfigure', '--force-conflicts', ...named(first, 'xcp-xl')],
        },
        { dpkg: ['--purge', 'xcp-xl', ...names] },
      ],
    );
    t.false(calls[1]?.includes('kronos-firstboot release'));
    t.deepEqual({ left, gone }, { left: [], gone: [] });
  },
);

test.serial('a key becomes a package of keys', async (t) => {
  t.is(first.get('kronos-archive-keyring'), undefined);
  const key = await makeKey();
  process.env['GNUPGHOME'] = key.home;
  try {
    const options = { out: join(directory, 'keys'), version: '1.0', format: 'deb' } as const;
    const only = ['kronos-archive-keyring'];
    await t.throwsAsync(make({ ...options, only, key: 'nobody@mirror.example' }), {
      code: 'input/signing-key',
    });
    const made = await make({ ...options, only, key: 'test@mirror.example' });
    const root = join(directory, 'keyring');
    await run(['dpkg-deb', '-x', made.get('kronos-archive-keyring') ?? '', root]);
    const place = join(root, 'usr/share/keyrings/kronos-archive-keyring');
    t.deepEqual(await readFile(`${place}.pgp`), await readFile(key.binary));
    const { stdout } = await run(['gpg', '--batch', '--show-keys', `${place}.asc`]);
    t.regex(stdout, /Kronos Test <test@mirror\.example>/);
  } finally {
    delete process.env['GNUPGHOME'];
    await dropKey(key);
  }
});

test.serial('a name and a version that cannot be are refused', async (t) => {
  const options = { out: join(directory, 'none'), version: '1.0', format: 'deb' } as const;
  const error = await t.throwsAsync<KronosError>(make({ ...options, only: ['xcp-xpi'] }));
  t.like(error, { code: 'input/unknown-package', hint: 'did you mean xcp-xapi?' });
  await t.throwsAsync(make({ ...options, version: '1-2' }), { code: 'input/wrong-value' });
});
