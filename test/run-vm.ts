// What `npm run test:vm` runs: the media are built as a person builds them, then booted in QEMU. Every test is told as
// it ends; the last line counts.
import { join } from 'node:path';
import { buildRelease, ensureTools } from '../src/builder/build.ts';
import { openSelection } from '../src/builder/request.ts';
import { lockEdition } from '../src/builder/lock/edition.ts';
import { cacheDirectory } from '../src/cli/options.ts';
import { formatError, KronosError } from '../src/common/error.ts';
import { stepProgress, UNOBSERVED, type BuildObserver } from '../src/common/progress.ts';
import { runAva } from './ava.ts';
import { ensurePrograms } from './programs.ts';
import { formatSummary } from './summary.ts';

const root = join(import.meta.dirname, '../..');
const out = join(root, 'out');
const { signal } = new AbortController();
const cache = cacheDirectory(undefined);
const full = process.env['KRONOS_VM_MATRIX'] === 'full';
const editions = full ? ['debian-13', 'debian-12'] : ['debian-13'];

const observer: BuildObserver = {
  ...UNOBSERVED,
  stepFinished: (name, { reused, seconds }) => {
    console.log(`# ${name}: ${reused ? 'reused' : `${seconds.toFixed(1)} s`}`);
  },
  warn: (line) => {
    console.log(`# ${line}`);
  },
};

/** Mirrors drop old versions: where the committed lock can no longer be fetched, this run resolves anew, and says so. */
async function withLock<T>(edition: string, work: (lock?: string) => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KronosError) || error.code !== 'io/blob-gone') throw error;
    console.log(`# the mirror dropped packages of the lock of ${edition}; resolving for this run`);
    const file = join(out, `${edition}.lock.yaml`);
    const { selection } = await openSelection({ edition });
    await lockEdition({ selection, file, cache }, stepProgress(observer, 'lock'), signal);
    return await work(file);
  }
}

try {
  // Without them the tests of fleets fail, and say so.
  await ensurePrograms([
    { name: 'chromium', package: 'chromium', purpose: 'look at the page of a fleet' },
    { name: 'openssl', package: 'openssl', purpose: 'make certificates' },
    { name: 'dnsmasq', package: 'dnsmasq-base', purpose: 'be the DHCP server of a rack' },
    { name: 'ip', package: 'iproute2', purpose: 'make the network of a rack' },
  ]);
  process.env['KRONOS_LAB_ROOT'] ??= await withLock('lab', (lock) =>
    ensureTools({ edition: 'lab', cache, lock, observer, signal }),
  );
  for (const edition of editions) {
    const { iso, seconds } = await withLock(edition, (lock) =>
      buildRelease({ edition, cache, out, lock, observer, signal }),
    );
    console.log(`# ${iso} in ${seconds.toFixed(0)} s`);
  }
  process.env['KRONOS_RELEASES'] = out;
  const summary = await runAva(root, {
    title: 'virtual machines',
    arguments: ['--config', 'ava.vm.config.js', ...process.argv.slice(2)],
    follow: true,
  });
  console.log(formatSummary(summary));
  process.exitCode = summary.failed === 0 ? 0 : 1;
} catch (error) {
  console.log(`not ok - building the media\n${formatError(error)}`);
  console.log(formatSummary({ passed: 0, failed: 1 }));
  process.exitCode = 1;
}
