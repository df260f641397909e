// The same as lifecycle.test.ts with the real thing: apt, fresh roots of Debian 12 and 13, and every dependency. Takes minutes
// and hundreds of megabytes, so it runs with KRONOS_VM_MATRIX=full alone.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ensureHost } from '../../../src/builder/ensure-host.ts';
import { makePackages } from '../../../src/builder/package/package.ts';
import { runInSandbox } from '../../../src/builder/sandbox/sandbox.ts';
import { SILENT, UNOBSERVED } from '../../../src/common/progress.ts';
import { leftPaths } from '../../../src/firstboot/xapi/prepare/paths.ts';
import type { AptInput, AptReport } from './jobs/apt.ts';
import { ourManuals } from './input.ts';

const full = process.env['KRONOS_VM_MATRIX'] === 'full' && process.getuid?.() === 0;
const IDLE = new AbortController().signal;

for (const [suite, refused] of [
  ['bookworm', true],
  ['trixie', false],
] as const) {
  (full ? test.serial : test.serial.skip)(`apt on ${suite}: install, remove, purge`, async (t) => {
    t.timeout(1_800_000);
    const programs = [{ name: 'mmdebstrap', package: 'mmdebstrap', purpose: 'make a root' }];
    await ensureHost({ observer: UNOBSERVED, signal: IDLE, programs });
    const directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
    t.teardown(() => rm(directory, { recursive: true, force: true }));
    const packages = join(directory, 'packages');
    await makePackages({
      ...{ format: 'deb', out: packages, observer: UNOBSERVED, signal: IDLE },
      manuals: await ourManuals(),
      xapiPaths: leftPaths(),
    });
    const place = join(directory, 'root');
    await mkdir(place);
    const input: AptInput = { suite, directory: place, packages };
    const url = new URL('jobs/apt.js', import.meta.url).href;
    const report = await runInSandbox<AptReport>(url, input, {
      ...{ progress: SILENT, signal: IDLE, network: true },
    });
    t.regex(report.help, /^Usage: kronos-firstboot/);
    t.is(report.operator === undefined, refused);
    if (!refused) t.regex(report.operator ?? '', /debian-13/);
    t.regex(report.refusal, refused ? /nodejs/ : /^$/);
    t.deepEqual({ left: report.left, gone: report.gone }, { left: [], gone: [] });
  });
}
