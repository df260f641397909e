import test from 'ava';
import { KronosError } from '../../src/common/error.ts';
import { storageError, tellsOfFullDisk } from '../../src/common/storage-error.ts';

test('a full disk is known by what each program says of it', (t) => {
  for (const text of [
    "mkdir: cannot create directory 'x': No space left on device",
    'tar: ./usr/lib/libisofs.so.6: Wrote only 6656 of 10240 bytes',
    'xorriso : FAILURE : Image size 248576s exceeds free space on media 1024s',
    'write error: Disk quota exceeded',
  ]) {
    t.true(tellsOfFullDisk(text), text);
    const failed = new KronosError('io/command-failed', text);
    t.like(storageError('writing', failed), { code: 'io/disk-full' });
  }
  t.false(tellsOfFullDisk('tar: Unexpected EOF in archive'));
});
