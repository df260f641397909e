// When a process began: with its number it is that one process, for numbers come again.
import { readFile } from 'node:fs/promises';

/** Clock ticks from the start of the machine to that of the process; undefined where there is no such process. */
export async function processStart(pid: number | string): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program, in brackets, may hold blanks and brackets; 22 fields in all up to the time.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
