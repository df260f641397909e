// systemd units that recipes ship: which links enabling them makes.

/** A symbolic link in the appliance. */
export interface Link {
  path: string;
  target: string;
}

/** Directories a unit can be shipped in. */
const UNIT_DIRECTORIES = ['/etc/systemd/system/', '/usr/lib/systemd/system/'];

/** The unit's name if a path is one of a system unit. */
export function unitName(path: string): string | undefined {
  const directory = UNIT_DIRECTORIES.find((prefix) => path.startsWith(prefix));
  const name = directory === undefined ? undefined : path.slice(directory.length);
  return name === undefined || name.includes('/') ? undefined : name;
}

/**
 * What `systemctl enable` would link for a unit, from its [Install] section: WantedBy, RequiredBy, Alias.
 * `instance` units (`name@tty1.service`) link to their template.
 */
export function enableLinks(unit: string, path: string, text: string): Link[] {
  const links: Link[] = [];
  let section = '';
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line.startsWith('[')) section = line;
    if (section !== '[Install]') continue;
    const match = /^(WantedBy|RequiredBy|Alias)\s*=\s*(.*)$/.exec(line);
    if (match === null) continue;
    for (const name of (match[2] ?? '').split(/\s+/).filter((part) => part !== '')) {
      if (match[1] === 'Alias') links.push({ path: `/etc/systemd/system/${name}`, target: path });
      else {
        const suffix = match[1] === 'WantedBy' ? 'wants' : 'requires';
        links.push({ path: `/etc/systemd/system/${name}.${suffix}/${unit}`, target: path });
      }
    }
  }
  return links;
}
