// The report of a self-test: for the machine on the other end of a serial line, and for a person.
import { digestOf } from '../common/digest.ts';
import { formatSeconds, formatTable } from '../common/format.ts';
import type { CheckResult, SelfTest } from './check-run.ts';

export const BEGIN_MARKER = 'KRONOS-SELFTEST-BEGIN';
export const END_MARKER = 'KRONOS-SELFTEST-END';

/**
 * The report between its markers. Pure ASCII and one line a check, and the last line carries the sha256 of the
 * document, so that a reader of a serial line, on which kernels interrupt, knows whether it has the whole of it.
 */
export function renderDocument(result: SelfTest): string {
  const { checks, ...head } = result;
  const lines = [
    `${ascii(JSON.stringify(head)).slice(0, -1)},"checks":[`,
    ...checks.map(
      (check, index) => `${ascii(JSON.stringify(check))}${index === checks.length - 1 ? '' : ','}`,
    ),
    ']}',
  ];
  const digest = digestOf(lines.join('\n'));
  return [BEGIN_MARKER, ...lines, `${END_MARKER} sha256=${digest}`, ''].join('\n');
}

/** The same as a table. */
export function renderTable(result: SelfTest): string {
  const rows = result.checks.map((check) => [
    sign(check),
    check.recipe === '' ? check.name : `${check.recipe}: ${check.name}`,
    check.skipped ? '-' : formatSeconds(check.seconds),
    check.why ?? (check.skipped ? 'for another kind of boot' : ''),
  ]);
  const failed = result.checks.filter(({ ok }) => !ok).length;
  const ran = result.checks.filter(({ skipped }) => !skipped).length;
  const boot = result.boot === 'xen' ? 'under Xen' : 'without Xen';
  return [
    `Kronos ${result.version}, edition ${result.edition}, toolstack ${result.toolstack}, ${boot}`,
    '',
    formatTable(rows),
    '',
    failed === 0
      ? `All ${ran} checks passed in ${formatSeconds(result.seconds)}.`
      : `${failed} of ${ran} checks FAILED in ${formatSeconds(result.seconds)}.`,
    '',
  ].join('\n');
}

function sign(check: CheckResult): string {
  if (check.skipped) return 'skip';
  return check.ok ? 'ok' : 'FAIL';
}

/** Everything outside of ASCII as JSON escapes: a serial terminal may speak any character set. */
function ascii(json: string): string {
  return json.replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
