// When an installation failed: what is kept of it, and what the person before the console reads.
import { exists } from '../common/files.ts';
import { formatError, KronosError } from '../common/error.ts';
import type { InstallerOptions } from './options.ts';
import type { Session } from './session.ts';
import { JOURNAL } from './sinks.ts';
import { saveOnStick } from './stick.ts';
import { collectSupport, SUPPORT, writeSupport } from './support.ts';

/** Columns of what is shown. */
const WIDTH = 78;

/** Lines of a message that are shown; a table of many disks must not push the rest off the screen. */
const LINES = 40;

/** What was kept of a failed run, or why it could not be. */
export interface Kept {
  /** File name of the support bundle. */
  bundle?: string | undefined;
  /** Where on a stick. */
  stick?: string | undefined;
  /** What went wrong meanwhile. */
  problems: readonly string[];
}

/** Where things are kept. */
export interface KeepPlaces {
  support: string;
  journal: string;
  /** Root of the system that is looked at. */
  root: string;
}

const HERE: KeepPlaces = { support: SUPPORT, journal: JOURNAL, root: '/' };

/** Keeps what helps after a failure: an event, the support bundle, and both on a stick where there is one. Never throws. */
export async function keepFailure(
  session: Session,
  error: unknown,
  { support, journal, root }: KeepPlaces = HERE,
): Promise<Kept> {
  if (!session.failed) {
    const { code, hint } = error instanceof KronosError ? error : { code: 'internal/defect' };
    session.record({
      ...{ time: new Date().toISOString(), stage: 'install', step: session.step, percent: 0 },
      ...{ state: 'failed', message: formatError(error), code, hint },
    });
  }
  const { scrub } = session;
  const problems: string[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (problem) {
      problems.push(scrub(formatError(problem)));
      return undefined;
    }
  };
  const bundle = await attempt(async () => {
    const texts = await collectSupport({ ...session.facts, error }, { scrub, root });
    await writeSupport(support, texts);
    return support;
  });
  const stick = await attempt(async () => {
    const files = [...((await exists(journal)) ? [journal] : []), ...(bundle ? [bundle] : [])];
    return saveOnStick(stickName(session), files);
  });
  return { bundle, stick, problems };
}

/** `xen01-20260101-120000`; FAT knows no colons. */
function stickName({ facts }: Session): string {
  const name = facts.hostFile?.hostname.replaceAll(/[^A-Za-z0-9-]/g, '-') ?? 'kronos';
  const [day = '', time = ''] = new Date().toISOString().split('T');
  return `${name}-${day.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}

/** What a person has to know after a failure, in a frame of 80 columns. */
export function describeFailure(
  error: unknown,
  kept: Kept,
  what: { touched: boolean; fleet?: boolean } & Pick<InstallerOptions, 'unattended' | 'after'>,
): string {
  const rule = '='.repeat(WIDTH);
  const lines = formatError(error).split('\n').flatMap(wrap);
  const more = lines.length - LINES;
  const { bundle, stick, problems } = kept;
  return [
    '',
    rule,
    'THE INSTALLATION FAILED',
    '',
    ...(more > 0 ? lines.slice(0, LINES) : lines),
    ...(more > 0 ? [`(${more} more lines; all of it is in the support bundle)`] : []),
    '',
    ...(what.touched ? [] : ['Kronos has written nothing to a disk.']),
    ...(what.unattended ? [shellLine(), what.fleet ? WAITS_FOR_FLEET : staysOn(what.after)] : []),
    ...(bundle === undefined ? [] : [`Support bundle without secrets: ${bundle}`]),
    ...(stick === undefined ? [] : [`The same, and the journal: ${stick}`]),
    ...problems.flatMap((problem) => problem.split('\n')).flatMap(wrap),
    rule,
    '',
  ].join('\n');
}

function shellLine(): string {
  return 'A shell: press Enter, or Alt+F2 on the screen. Then: kronos-install --help';
}

const WAITS_FOR_FLEET = 'The machine stays on, and restarts when its fleet has it tried again.';

function staysOn(after: InstallerOptions['after']): string {
  return after === 'shell'
    ? 'The machine stays on.'
    : `The machine stays on; kronos.after=${after} is for when all went well.`;
}

/** Breaks a line at spaces where it is too long; what follows is indented a little more. */
function wrap(line: string): string[] {
  const indent = `${/^ */.exec(line)?.[0].slice(0, WIDTH / 2) ?? ''}  `;
  const found: string[] = [];
  let rest = line;
  while (rest.length > WIDTH) {
    const space = rest.lastIndexOf(' ', WIDTH);
    const at = space > indent.length ? space : WIDTH;
    found.push(rest.slice(0, at));
    rest = `${indent}${rest.slice(at).trimStart()}`;
  }
  return [...found, rest];
}
