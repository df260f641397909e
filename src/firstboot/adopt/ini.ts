// Files of sections and keys, as systemd-networkd and NetworkManager have them.

export interface IniSection {
  name: string;
  /** In their order; a key may be there several times. */
  entries: { key: string; value: string; line: number }[];
}

/** Sections of the same name stay apart. What is no line of such a file is left out, as those who read it do. */
export function parseIni(text: string): IniSection[] {
  const sections: IniSection[] = [];
  let pending = '';
  let start = 0;
  text.split('\n').forEach((raw, index) => {
    const trimmed = raw.trim();
    // Comments do not end a line that goes on.
    if (/^[#;]/.test(trimmed)) return;
    if (pending === '') start = index + 1;
    const line = `${pending}${trimmed}`;
    if (line.endsWith('\\')) {
      pending = `${line.slice(0, -1)} `;
      return;
    }
    pending = '';
    const name = /^\[(.*)\]$/.exec(line)?.[1];
    if (name !== undefined) sections.push({ name, entries: [] });
    const [, key, value] = /^([^=[\]]+?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined && key !== undefined && value !== undefined)
      sections.at(-1)?.entries.push({ key, value, line: start });
  });
  return sections;
}

/** All values of a key in all sections of a name; an empty one forgets those before it. */
export function valuesOf(sections: readonly IniSection[], name: string, key: string): string[] {
  let values: string[] = [];
  for (const section of sections) {
    if (section.name !== name) continue;
    for (const entry of section.entries)
      if (entry.key === key) values = entry.value === '' ? [] : [...values, entry.value];
  }
  return values;
}

/** The last value of a key. */
export function valueOf(
  sections: readonly IniSection[],
  name: string,
  key: string,
): string | undefined {
  return valuesOf(sections, name, key).at(-1);
}

/** Whether a switch is on, as systemd and NetworkManager write it. */
export function isOn(value: string | undefined): boolean {
  return /^(?:1|yes|y|true|t|on)$/i.test(value ?? '');
}
