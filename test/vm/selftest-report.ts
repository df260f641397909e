// Finds the self-test's report in what a serial line said.
import { BEGIN_MARKER, END_MARKER } from '../../src/appliance/selftest-report.ts';
import type { SelfTest } from '../../src/appliance/check-run.ts';
import { digestOf } from '../../src/common/digest.ts';

/** Lines that kernels, Xen and systemd put between those of a program on the same terminal. */
const NOISE =
  /^(\[ *\d+\.\d+\] |\(XEN\) |\[ +OK +\] |\[FAILED\] |\[DEPEND\] |\s+(Starting|Stopping|Mounting) )/;

/**
 * The last complete report of a transcript, or undefined where there is none yet.
 * Errors: where one is there but is not what the appliance sent.
 */
export function findSelfTest(transcript: string): SelfTest | undefined {
  const pattern = new RegExp(
    `^.*${BEGIN_MARKER}\\n([\\s\\S]*?)^${END_MARKER} sha256=([0-9a-f]{64})`,
    'gm',
  );
  const found = [...transcript.matchAll(pattern)].at(-1);
  if (found === undefined) return undefined;
  const [, body = '', digest] = found;
  const lines = body
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !NOISE.test(line));
  const document = lines.join('\n');
  if (digestOf(document) !== digest) {
    throw new Error(`the self-test's report was damaged on the serial line:\n${body}`);
  }
  return JSON.parse(document) as SelfTest;
}
