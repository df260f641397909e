// What apt 2.6 to 3.0 print when things go wrong, and what a person is told.
import test from 'ava';
import { errorFromApt } from '../../../src/builder/apt/messages.ts';
import { formatError } from '../../../src/common/error.ts';
import { compareWithGolden } from '../../golden.ts';

const SAID: Readonly<Record<string, string>> = {
  'no route': `W: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  Could not connect to mirror.example:80 (192.0.2.1), connection timed out
E: Some index files failed to download. They have been ignored, or old ones used instead.`,
  'no name': `E: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  Temporary failure resolving 'mirror.example'`,
  'busy mirror': `Err:1 http://mirror.example/debian trixie InRelease
  503  Service Unavailable [IP: 192.0.2.1 80]
E: The repository 'http://mirror.example/debian trixie Release' is not signed.`,
  'wrong key, gpgv': `W: GPG error: http://mirror.example/debian trixie InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 0E98404D386FA1D9
E: The repository 'http://mirror.example/debian trixie InRelease' is not signed.`,
  'wrong key, sqv': `W: OpenPGP signature verification failed: http://mirror.example/debian trixie InRelease: Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 4CB50190207B4758A3F73A796ED0E7B82643E131, which is needed to verify signature.
E: The repository 'http://mirror.example/debian trixie InRelease' is not signed.`,
  unsigned: `E: The repository 'http://mirror.example/debian trixie Release' is not signed.`,
  'no such suite': `E: The repository 'http://mirror.example/debian trixy Release' does not have a Release file.`,
  expired: `E: Release file for http://mirror.example/debian/dists/sid/InRelease is expired (invalid since 16d 2h 44min 31s). Updates for this repository will not be applied.`,
  tampered: `E: Failed to fetch http://mirror.example/debian/dists/trixie/main/binary-amd64/Packages.xz  Hash Sum mismatch
   Hashes of expected file:`,
  'disk full': `E: Write error - write (28: No space left on device)`,
  'unmet, apt 2.6': `Some packages could not be installed. This may mean that you have
requested an impossible situation.

The following packages have unmet dependencies:
 postfix : Conflicts: mail-transport-agent
 xen : PreDepends: libc6 (>= 2.99) but 2.41-12 is to be installed
E: Unable to correct problems, you have held broken packages.`,
  'unmet, apt 3': `The following packages have unmet dependencies:
 postfix : Conflicts: exim4-daemon-light
E: Unable to satisfy dependencies. Reached two conflicting assignments:
   1. postfix:amd64 is selected for install`,
  'unknown source': `E: Unable to find a source package for xen-system`,
  'something new': `W: odd
E: Something that nobody has seen before`,
  nothing: '',
};

test("apt's failures have codes, reasons and hints", async (t) => {
  const told = Object.entries(SAID).map(
    ([what, output]) =>
      `# ${what}\n${formatError(errorFromApt('reading the package indices', output))}\n`,
  );
  await compareWithGolden(t, import.meta.url, 'messages.txt', told.join('\n'));
});
