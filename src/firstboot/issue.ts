// What stands on the screen before the login.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { run } from '../common/process.ts';
import type { BootState } from './state.ts';
import { summarizeState } from './status.ts';

/** agetty shows what is in this directory. */
const ISSUE = '/run/issue.d/40-kronos-firstboot.issue';

/** Text for agetty, to which a backslash means something. */
export function issueText(state: BootState): string {
  return `${summarizeState(state).replaceAll('\\', '\\\\')}\n\n`;
}

/** Errors: those of node:fs. */
export function writeIssue(state: BootState, path = ISSUE): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, issueText(state));
  renameSync(`${path}.new`, path);
}

/** Shows it where a login already waits for somebody. */
export async function refreshIssue(): Promise<void> {
  await run(['agetty', '--reload'], { accept: [0, 1] });
}
