// What `npm run test:vm` runs: images booted in QEMU. Takes minutes; every test is told as it ends.
import { join } from 'node:path';
import { runAva } from './ava.ts';
import { formatSummary } from './summary.ts';

const root = join(import.meta.dirname, '../..');
const summary = await runAva(root, {
  title: 'virtual machines',
  arguments: ['--config', 'ava.vm.config.js', ...process.argv.slice(2)],
  follow: true,
});
console.log(formatSummary(summary));
process.exitCode = summary.failed === 0 ? 0 : 1;
