// A full or failing disk is told as such, whoever met it.
import test from 'ava';
import { KronosError } from '../../src/common/error.ts';
import { CommandError } from '../../src/common/process.ts';
import { diskError } from '../../src/installer/disk-error.ts';

function codeOf(error: unknown): string | undefined {
  const told = diskError('Copying the system', error);
  return told instanceof KronosError ? told.code : undefined;
}

test('programs and the kernel say it in their words', (t) => {
  const program = (stderr: string): CommandError =>
    new CommandError(['unsquashfs'], 1, undefined, '', stderr);
  t.is(codeOf(program('write_file: No space left on device')), 'io/disk-full');
  t.is(codeOf(program('sync: error syncing: Input/output error')), 'io/disk-failed');
  t.is(codeOf(program('unknown option')), 'io/command-failed');
  t.is(codeOf(Object.assign(new Error('write'), { code: 'EIO' })), 'io/disk-failed');
  t.is(codeOf(Object.assign(new Error('write'), { code: 'ENOSPC' })), 'io/disk-full');
});

test('what already says what to do stays as it is', (t) => {
  const known = new KronosError('host/hook-failed', 'the hook x failed: No space left on device', {
    hint: 'look at its lines',
  });
  t.is(diskError('Running hooks', known), known);
  t.is(diskError('Running hooks', 'text'), 'text');
});
