// dpkg's record of what is installed, as far as the manifest needs it.

export interface InstalledPackage {
  name: string;
  version: string;
  architecture: string;
  /** Groups of alternatives from Depends and Pre-Depends, names only. */
  depends: readonly (readonly string[])[];
  /** Names from Provides. */
  provides: readonly string[];
}

/** Reads var/lib/dpkg/status; packages that are not installed (removed, half configured) are left out. */
export function parseDpkgStatus(text: string): InstalledPackage[] {
  return text.split(/\n{2,}/).flatMap((stanza) => {
    const fields = parseFields(stanza);
    const name = fields.get('Package');
    if (name === undefined || fields.get('Status')?.endsWith(' installed') !== true) return [];
    return [
      {
        name,
        version: fields.get('Version') ?? '',
        architecture: fields.get('Architecture') ?? '',
        depends: [
          ...parseRelations(fields.get('Pre-Depends')),
          ...parseRelations(fields.get('Depends')),
        ],
        provides: parseRelations(fields.get('Provides')).flat(),
      },
    ];
  });
}

/**
 * Package -> names of the installed packages that its dependencies led to, sorted. Of alternatives the first that is
 * installed counts; a name that is only provided stands for all that provide it.
 */
export function resolveDependencies(packages: readonly InstalledPackage[]): Map<string, string[]> {
  const installed = new Set(packages.map(({ name }) => name));
  const providers = new Map<string, string[]>();
  for (const { name, provides } of packages) {
    for (const virtual of provides)
      providers.set(virtual, [...(providers.get(virtual) ?? []), name]);
  }
  return new Map(
    packages.map(({ name, depends }) => {
      const found = new Set<string>();
      for (const group of depends) {
        const choice = group.find((option) => installed.has(option) || providers.has(option));
        if (choice === undefined) continue;
        const names = installed.has(choice) ? [choice] : (providers.get(choice) ?? []);
        for (const option of names) if (option !== name) found.add(option);
      }
      return [name, [...found].sort()];
    }),
  );
}

function parseFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of stanza.split('\n')) {
    if (/^[ \t]/.test(line)) {
      fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    last = line.slice(0, colon);
    fields.set(last, line.slice(colon + 1).trim());
  }
  return fields;
}

/** `a (>= 1), b:any | c` -> [[a], [b, c]] */
function parseRelations(text: string | undefined): string[][] {
  if (text === undefined) return [];
  return text
    .split(',')
    .map((group) =>
      group
        .split('|')
        .map((option) =>
          option
            .replace(/[([<].*$/s, '')
            .trim()
            .replace(/:.*$/, ''),
        )
        .filter((name) => name !== ''),
    )
    .filter((group) => group.length > 0);
}
