// What the header of an .rpm says, in the words of Debian.

/** A program that rpm would run when a package is installed or removed. */
export interface Scriptlet {
  /** rpm's name for the moment, for example `postinstall`. */
  kind: string;
  /** What runs it, for example `/bin/sh` or `/sbin/ldconfig`. */
  program: string;
  /** The script, empty where the program does all. */
  text: string;
}

/** Moments and the tags of their script and program. */
const SCRIPTLETS: readonly (readonly [kind: string, script: string, program: string])[] = [
  ['preinstall', 'PREIN', 'PREINPROG'],
  ['postinstall', 'POSTIN', 'POSTINPROG'],
  ['preuninstall', 'PREUN', 'PREUNPROG'],
  ['postuninstall', 'POSTUN', 'POSTUNPROG'],
  ['pretransaction', 'PRETRANS', 'PRETRANSPROG'],
  ['posttransaction', 'POSTTRANS', 'POSTTRANSPROG'],
  ['verify', 'VERIFYSCRIPT', 'VERIFYSCRIPTPROG'],
];

/** Moments whose scripts come as a list. */
const TRIGGERS: readonly (readonly [kind: string, script: string])[] = [
  ['trigger', 'TRIGGERSCRIPTS'],
  ['file trigger', 'FILETRIGGERSCRIPTS'],
  ['transaction file trigger', 'TRANSFILETRIGGERSCRIPTS'],
];

/** The part of a query format that `readScriptlets` reads; fields end at a form feed, items at a vertical tab. */
export const SCRIPTLET_FORMAT = [
  ...SCRIPTLETS.flatMap(([, script, program]) => [`%{${script}}`, `%{${program}}`]),
  ...TRIGGERS.map(([, script]) => `[%{${script}}\\v]`),
].join('\\f');

const NONE = '(none)';

/** The scriptlets in the fields that SCRIPTLET_FORMAT asks for. */
export function readScriptlets(fields: readonly string[]): Scriptlet[] {
  const found: Scriptlet[] = [];
  SCRIPTLETS.forEach(([kind], index) => {
    const [text = NONE, program = NONE] = fields.slice(index * 2);
    if (text === NONE && program === NONE) return;
    found.push({
      kind,
      program: program === NONE ? '/bin/sh' : program,
      text: text === NONE ? '' : text.trimEnd(),
    });
  });
  TRIGGERS.forEach(([kind], index) => {
    const items = (fields[SCRIPTLETS.length * 2 + index] ?? '').split('\v');
    for (const text of items) {
      if (text.trim() !== '') found.push({ kind, program: '/bin/sh', text: text.trimEnd() });
    }
  });
  return found;
}

/**
 * A Debian version for an rpm's epoch, version and release. rpm's `^` (after the version, before its next part) sorts
 * as Debian's `+` does; other characters that Debian does not know become dots.
 */
export function debianVersion(epoch: number, version: string, release: string): string {
  const plain = (text: string) => text.replaceAll('^', '+').replace(/[^0-9A-Za-z.+~]/g, '.');
  return `${epoch > 0 ? `${String(epoch)}:` : ''}${plain(version)}-${plain(release)}`;
}
