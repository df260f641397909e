import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { hasVirtualization, probeAcceleration } from '../../src/lab/acceleration.ts';

test('virtualization is read from the flags of the processor', (t) => {
  t.true(hasVirtualization('model name\t: X\nflags\t\t: fpu vmx sse\n'));
  t.true(hasVirtualization('flags\t\t: fpu sse svm\n'));
  t.false(hasVirtualization('flags\t\t: fpu sse npt svm_lock\nmodel name\t: svm vmx\n'));
  t.false(hasVirtualization(''));
});

test('a QEMU that cannot use KVM means TCG, with a reason', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const qemu = join(directory, 'qemu');
  await writeFile(qemu, '#!/bin/sh\necho "KVM internal error. Suberror: 1" >&2\nexit 134\n');
  await chmod(qemu, 0o755);
  const found = await probeAcceleration({
    qemu: [qemu],
    environment: {},
    dataDirectories: [],
    uefi: undefined,
    windows: false,
  });
  t.is(found.kind, 'tcg');
  t.not(found.reason, '');
});
