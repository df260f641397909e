// Scripts of commands that a person runs, with the values of a fleet in them.

/** A word of a POSIX shell that stands for exactly this text. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A script that stops at the first command that fails. `about`: what it does, lines of text. */
export function formatScript(about: readonly string[], lines: readonly string[]): string {
  return [
    '#!/bin/sh',
    ...about.map((line) => (line === '' ? '#' : `# ${line}`)),
    'set -eu',
    'cd "$(dirname "$0")"',
    ...lines,
    '',
  ].join('\n');
}
