// What the screens need of the machine besides the installation: a shell, keymaps, places to keep a text, lists of names.
import { mkdir, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { exists, readTextOrUndefined } from '../../common/files.ts';
import { run, start } from '../../common/process.ts';
import { saveOnStick } from '../stick.ts';

/** A shell on our own terminal. Errors: none; one that cannot be started is said by it being over at once. */
export async function openShell(): Promise<void> {
  process.stdout.write('A shell; "exit" or Ctrl-D leads back to the installation.\n\n');
  const stream = 'inherit' as const;
  await start(['/bin/bash'], { stdin: stream, stdout: stream, stderr: stream }).done;
}

/** Loads a keymap where the terminal has a keyboard of this machine; hands back what a person should know. */
export async function loadKeymap(name: string, terminal: string): Promise<string | undefined> {
  if (!/^tty\d+$/.test(terminal)) return undefined;
  try {
    await run(['loadkeys', '--quiet', name], { timeoutSeconds: 10 });
    return undefined;
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    return `The keymap ${name} could not be loaded; this keyboard stays as it was.`;
  }
}

const MEMORY = '/run/kronos';

/**
 * Keeps a text, and files that go with it, on the stick labelled KRONOS, or the text in memory where there is none; says
 * where. Errors: those of saveOnStick.
 */
export async function saveText(
  name: string,
  text: string,
  files: readonly string[] = [],
): Promise<string> {
  const file = name.replaceAll(/[^A-Za-z0-9._-]/g, '-').replace(/^\.+/, '');
  const path = join(MEMORY, file);
  await mkdir(MEMORY, { recursive: true });
  await writeFile(path, text, { mode: 0o600 });
  const there: string[] = [];
  for (const one of files) if (await exists(one)) there.push(one);
  const stick = await saveOnStick(file.replace(/\.[^.]*$/, ''), [path, ...there]);
  return stick ?? `${path}, in memory: no stick labelled KRONOS was found`;
}

/** Names of time zones that the system has; those of Node where it has no list. */
export async function readTimezones(root = '/usr/share/zoneinfo'): Promise<string[]> {
  const data = await readTextOrUndefined(join(root, 'tzdata.zi'));
  const table = await readTextOrUndefined(join(root, 'zone1970.tab'));
  const names = data === undefined ? parseZoneTable(table ?? '') : parseZoneData(data);
  const all = names.length === 0 ? Intl.supportedValuesOf('timeZone') : names;
  return [...new Set([...all, 'Etc/UTC'])].sort();
}

/** Zones and links of tzdata.zi that have a region in their name; what is left are codes of the past. */
export function parseZoneData(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [kind, first = '', second = ''] = line.split(/\s+/);
    const name = kind === 'Z' ? first : kind === 'L' ? second : '';
    return name.includes('/') && !/^(?:posix|right|SystemV|US|Etc\/GMT)/.test(name) ? [name] : [];
  });
}

/** The third column of zone1970.tab. */
export function parseZoneTable(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => line.split('\t')[2]?.trim() ?? []);
}

const KEYMAPS = ['/usr/share/keymaps', '/usr/share/kbd/keymaps', '/usr/lib/kbd/keymaps'];

/** Names of console keymaps; none where the system has no keymaps at all. */
export async function readKeymaps(roots: readonly string[] = KEYMAPS): Promise<string[]> {
  const found = new Set<string>();
  for (const root of roots) {
    const files = await readdir(root, { recursive: true }).catch(() => []);
    for (const file of files) {
      const name = /(?:^|\/)([^/]+)\.k?map(?:\.gz)?$/.exec(file)?.[1];
      if (name !== undefined) found.add(name);
    }
  }
  return [...found].sort();
}

/** What the terminal of this process is called: `tty1`, `hvc0`, `pts/0`. */
export async function readTerminalName(): Promise<string> {
  const path = await readlink('/proc/self/fd/0').catch(() => '');
  return path.startsWith('/dev/') ? path.slice('/dev/'.length) : 'console';
}
