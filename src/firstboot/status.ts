// The state of a first boot as people read it: 80 columns, plain ASCII.
import type { BootState, BootStepRecord } from './state.ts';

const MARKS: Readonly<Record<BootStepRecord['state'], string>> = {
  pending: '    ',
  running: '... ',
  done: 'ok  ',
  unchanged: 'ok  ',
  failed: 'FAIL',
  blocked: 'wait',
};

const RESULTS: Readonly<Record<BootState['result'], string>> = {
  running: 'First boot is under way.',
  ready: 'This host is ready.',
  failed: 'First boot is not complete.',
};

const WIDTH = 78;

/** All steps with what they wait for or why they failed, and what to do. */
export function describeState(state: BootState): string {
  const lines = [RESULTS[state.result], ''];
  for (const step of state.steps) {
    lines.push(`  ${MARKS[step.state]} ${step.name.padEnd(18)} ${step.title}`);
    if (step.message !== undefined) lines.push(...indent(step.message));
    if (step.state === 'failed' && step.code !== undefined) lines.push(...indent(step.code));
    if (step.hint !== undefined) lines.push(...indent(`-> ${step.hint}`));
  }
  if (state.result === 'failed') lines.push('', '  again:  kronos-firstboot apply');
  return `${lines.join('\n')}\n`;
}

/** One line for the screen before the login. */
export function summarizeState(state: BootState | undefined): string {
  if (state === undefined) return 'First boot has not begun.';
  const troubled = state.steps.find(({ state }) => state === 'failed');
  if (troubled !== undefined)
    return `First boot: ${troubled.name} failed (kronos-firstboot status)`;
  const current = state.steps.find(({ state }) => state === 'running');
  if (state.result === 'running' && current !== undefined)
    return `First boot: ${current.message ?? current.title}`;
  return RESULTS[state.result];
}

function indent(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > WIDTH - 7) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `       ${each}`);
}
