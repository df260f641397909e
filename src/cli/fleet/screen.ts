// Where a watched status is shown: a table that is drawn again and again on a terminal, and lines elsewhere.
import type { FleetStatus, HostStatus } from '../../fleet/desk.ts';

export interface Screen {
  show: (status: FleetStatus) => void;
  /** What the watching itself has to say. */
  note: (text: string) => void;
  /** Gives the terminal back, with the last table on it. */
  close: () => void;
}

/** The screen that fits standard output. */
export async function openScreen(json: boolean): Promise<Screen> {
  if (json) return createJsonLines();
  return process.stdout.isTTY ? await createTable() : await createLines();
}

function createJsonLines(): Screen {
  return {
    show: (status) => void process.stdout.write(`${JSON.stringify(status)}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    close: () => undefined,
  };
}

/** Home without clearing first, each line cleared behind its end, then what is left below: nothing flickers. */
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const BELOW = '\u001b[J';
/** The other screen, so that what was on the terminal is there again afterwards. */
const OTHER_SCREEN = '\u001b[?1049h\u001b[?25l';
const FIRST_SCREEN = '\u001b[?1049l\u001b[?25h';

async function createTable(): Promise<Screen> {
  const { formatStatus } = await import('../../fleet/text/table.ts');
  const { outputWidth } = await import('./width.ts');
  const { stdout } = process;
  let last: FleetStatus | undefined;
  let said = '';
  const draw = (): void => {
    if (last === undefined) return;
    const lines = formatStatus(last, outputWidth(), true).split('\n');
    const room = Math.max(4, stdout.rows - 1);
    if (lines.length > room)
      lines.splice(room - 1, lines.length, '  ... (more: kronos fleet status)');
    if (said !== '') lines[0] = said;
    stdout.write(`${HOME}${lines.map((line) => `${line}${REST_OF_LINE}`).join('\r\n')}${BELOW}`);
  };
  const restore = (): void => void stdout.write(FIRST_SCREEN);
  stdout.write(OTHER_SCREEN);
  process.once('exit', restore);
  stdout.on('resize', draw);
  return {
    show: (status) => {
      last = status;
      said = '';
      draw();
    },
    note: (text) => {
      said = text.slice(0, outputWidth());
      draw();
    },
    close: () => {
      stdout.off('resize', draw);
      process.off('exit', restore);
      restore();
      if (last !== undefined) stdout.write(`${formatStatus(last, outputWidth())}\n`);
    },
  };
}

async function createLines(): Promise<Screen> {
  const { describeDoing, describeRollout, keyOf, STATE_WORDS } =
    await import('../../fleet/text/words.ts');
  const { fill } = await import('../../fleet/text/lines.ts');
  let known: ReadonlyMap<string, HostStatus> | undefined;
  let rollout = '';
  const print = (time: string, text: string): void =>
    void process.stdout.write(`${fill(`${time.slice(11, 19)} ${text}`, 400).join(' ')}\n`);
  return {
    show: (status) => {
      const now = describeRollout(status);
      if (now !== rollout) print(status.time, `rollout ${now}, ${countWords(status, STATE_WORDS)}`);
      rollout = now;
      for (const host of status.hosts) {
        const before = known?.get(keyOf(host));
        if (known === undefined || before?.state === host.state) continue;
        const doing = describeDoing(host);
        print(
          status.time,
          `${keyOf(host)} ${STATE_WORDS[host.state]}${doing === '' ? '' : `: ${doing}`}`,
        );
      }
      known = new Map(status.hosts.map((host) => [keyOf(host), host]));
    },
    note: (text) => void process.stderr.write(`${text}\n`),
    close: () => undefined,
  };
}

function countWords(status: FleetStatus, words: Readonly<Record<string, string>>): string {
  return Object.entries(status.counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${words[state] ?? state}`)
    .join(', ');
}
