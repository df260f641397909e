// What programs and libraries say of themselves, as readelf prints it.
import { CommandError, run } from '../../common/process.ts';
import type { HostProgram } from '../host-programs.ts';

/** What reading ELF files takes from the machine. */
export const ELF_PROGRAMS: readonly HostProgram[] = [
  { name: 'readelf', package: 'binutils', purpose: 'find the libraries that programs need' },
];

/** A program or library that the dynamic linker loads. */
export interface ElfObject {
  /** For example `Advanced Micro Devices X86-64`. */
  machine: string;
  bits: 32 | 64;
  /** Libraries by the names that the linker looks for. */
  needed: string[];
  soname?: string | undefined;
  /** Directories that it looks into first; may have `$ORIGIN`. */
  runpath: string[];
  /** The linker itself, for programs. */
  interpreter?: string | undefined;
}

/** Files of one run of readelf: arguments have a limit. */
const CHUNK = 200;

/** Reads one file's part of readelf's output; undefined where the dynamic linker has nothing to do with it. */
export function parseReadelf(text: string): ElfObject | undefined {
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
  const interpreter = all(/\[Requesting program interpreter: ([^\]]+)\]/g)[0];
  if (interpreter === undefined && !/^Dynamic section at /m.test(text)) return undefined;
  return {
    machine: all(/^\s*Machine:\s+(.*)$/gm)[0]?.trim() ?? '',
    bits: /^\s*Class:\s+ELF32/m.test(text) ? 32 : 64,
    needed: all(/\(NEEDED\)\s+Shared library: \[([^\]]*)\]/g),
    soname: all(/\(SONAME\)\s+Library soname: \[([^\]]*)\]/g)[0],
    runpath: all(/\((?:RUNPATH|RPATH)\)\s+Library r(?:un)?path: \[([^\]]*)\]/g)
      .flatMap((path) => path.split(':'))
      .filter((path) => path !== ''),
    interpreter,
  };
}

/** Reads ELF files; the result is in their order. Errors: `dependency/tool-missing`. */
export async function readElfFiles(
  files: readonly string[],
  signal?: AbortSignal,
): Promise<(ElfObject | undefined)[]> {
  const found: (ElfObject | undefined)[] = [];
  for (let start = 0; start < files.length; start += CHUNK) {
    const chunk = files.slice(start, start + CHUNK);
    const output = await readelf(chunk, signal);
    // With one file only, readelf does not name it.
    const parts = chunk.length === 1 ? [output] : output.split(/^File: .*$/m).slice(1);
    found.push(...chunk.map((_, index) => parseReadelf(parts[index] ?? '')));
  }
  return found;
}

async function readelf(files: readonly string[], signal?: AbortSignal): Promise<string> {
  const options = ['--wide', '--file-header', '--program-headers', '--dynamic'];
  try {
    return (await run(['readelf', ...options, '--', ...files], { signal, accept: [0, 1] })).stdout;
  } catch (error) {
    if (error instanceof CommandError) return error.stdout;
    throw error;
  }
}
