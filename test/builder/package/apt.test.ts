// The same as lifecycle.test.ts with the real thing: apt, fresh roots of Debian 12 and 13, and every dependency. Takes minutes
// and hundreds of megabytes, so it runs with KRONOS_VM_MATRIX=full alone.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ensureHost } from '../../../src/builder/ensure-host.ts';
import { makePackages } from '../../../src/builder/package/package.ts';
import { runInSandbox } from '../../../src/builder/sandbox/sandbox.ts';
import { run } from '../../../src/common/process.ts';
import { SILENT, UNOBSERVED } from '../../../src/common/progress.ts';
import { leftPaths } from '../../../src/firstboot/xapi/prepare/paths.ts';
import { makeDeb } from '../packages/deb.ts';
import type { AptInput, AptReport } from './jobs/apt.ts';
import { ourManuals } from './input.ts';

const full = process.env['KRONOS_VM_MATRIX'] === 'full' && process.getuid?.() === 0;
const IDLE = new AbortController().signal;

const VERSIONS = ['0.1.0', '0.1.1', '0.1.2'] as const;

const HOST = ['kronos-firstboot', 'xcp-host', 'xcp-xl'];

async function make(out: string, version: string, only?: readonly string[]): Promise<void> {
  await makePackages({
    ...{ format: 'deb', out, version, only, observer: UNOBSERVED, signal: IDLE },
    ...{ manuals: await ourManuals(), xapiPaths: leftPaths() },
  });
}

/** What no suite has: one package for the whole of xapi, in a repository of files. */
async function makeOrigin(directory: string): Promise<void> {
  await mkdir(directory);
  const fields = { Provides: XAPI.join(', ') };
  await makeDeb(directory, { name: 'test-xapi-origin', fields });
  const { stdout } = await run(['apt-ftparchive', 'packages', '.'], { cwd: directory });
  await writeFile(join(directory, 'Packages'), `${stdout}\n`);
}

const XAPI = [
  ...['xapi-core', 'xapi-xe', 'xenopsd-xc', 'xcp-networkd', 'squeezed', 'xcp-rrdd'],
  ...['message-switch', 'forkexecd', 'sm'],
];

for (const [suite, refused] of [
  ['bookworm', true],
  ['trixie', false],
] as const) {
  (full ? test.serial : test.serial.skip)(
    `apt on ${suite}: install, upgrade, a cut, the other toolstack, remove, purge`,
    async (t) => {
      t.timeout(1_800_000);
      const programs = [{ name: 'mmdebstrap', package: 'mmdebstrap', purpose: 'make a root' }];
      await ensureHost({ observer: UNOBSERVED, signal: IDLE, programs });
      const directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
      t.teardown(() => rm(directory, { recursive: true, force: true }));
      const packages = join(directory, 'packages');
      const [first, second, third] = VERSIONS;
      await make(packages, first);
      await make(packages, second, HOST);
      await make(packages, third, [...HOST, 'xcp-xapi']);
      await makeOrigin(join(packages, 'repository'));
      const place = join(directory, 'root');
      await mkdir(place);
      const input: AptInput = { suite, directory: place, packages, versions: VERSIONS };
      const url = new URL('jobs/apt.js', import.meta.url).href;
      const report = await runInSandbox<AptReport>(url, input, {
        ...{ progress: SILENT, signal: IDLE, network: true },
      });
      t.regex(report.help, /^Usage: kronos-firstboot/);
      t.is(report.operator === undefined, refused);
      if (!refused) t.regex(report.operator ?? '', /debian-13/);
      t.regex(report.refusal, refused ? /nodejs/ : /^$/);
      const { said, states } = report;
      const all = (version: string, ...names: string[]): string[] =>
        names.map((name) => `ii  ${name} ${version}`).sort();
      const kronos = refused ? [] : [`ii  kronos ${first}`];
      t.regex(said['install'] ?? '', /xcp-xl: systemd does not run here/);
      t.regex(said['install'] ?? '', /update-grub failed; run it again/);
      t.deepEqual(states['upgrade'], [...kronos, ...all(second, ...HOST)]);
      t.regex(said['upgrade'] ?? '', /xcp-xl: the next start leaves this host as it is/);
      t.true(
        (states['cut'] ?? []).some((line) => !line.startsWith('ii')),
        said['cut'],
      );
      t.deepEqual(states['configured'], [...kronos, ...all(third, ...HOST)]);
      const exchanged = [...HOST.slice(0, 2), 'xcp-xapi'];
      t.deepEqual(
        states['exchange']?.filter((line) => line.startsWith('ii')),
        [...kronos, ...all(third, ...exchanged)].sort(),
      );
      t.notRegex(said['exchange'] ?? '', /nothing to release/, 'the host goes on');
      t.regex(said['alone'] ?? '', /Processing triggers for xcp-host[^]*nothing to release/);
      t.regex(said['remove'] ?? '', /nothing to release/);
      t.deepEqual(states['purge'], []);
      t.deepEqual({ left: report.left, gone: report.gone }, { left: [], gone: [] });
    },
  );
}
