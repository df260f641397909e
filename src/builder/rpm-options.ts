// Options that several programs of rpm take.

/** Definitions of macros for one run of a program, whatever the machine and the user have defined. */
export function rpmDefines(macros: Readonly<Record<string, string>>): string[] {
  return Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
}

/** Without this rpmkeys takes a package without any signature for a good one. */
export const SIGNATURE_REQUIRED: readonly string[] = rpmDefines({ _pkgverify_level: 'all' });
