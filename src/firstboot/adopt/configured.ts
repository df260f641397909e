// What all managers of a network say of an interface, in one form.

/** A file of a manager, as it was read. */
export interface ConfigFile {
  /** As the host calls it. */
  path: string;
  text: string;
}

export type Method4 = 'static' | 'dhcp' | 'none';
export type Method6 = Method4 | 'auto';

/** What a configuration says of one interface; the kernel says which addresses it has. */
export interface Configured {
  /** Where it is said, as a phrase with path and line. */
  source: string;
  /** Undefined where nothing is said of the family. */
  ipv4: Method4 | undefined;
  ipv6: Method6 | undefined;
  dns: string[];
  search: string[];
  /** What nobody will do afterwards, one phrase each. */
  lost?: string[];
}

export const MANAGERS = ['ifupdown', 'networkd', 'netplan', 'network-manager'] as const;

/** Who configures the network of a host. */
export type Manager = (typeof MANAGERS)[number];

/** As people call them. */
export const MANAGER_NAMES: Readonly<Record<Manager, string>> = {
  ifupdown: 'ifupdown',
  networkd: 'systemd-networkd',
  netplan: 'netplan',
  'network-manager': 'NetworkManager',
};

/** Texts without repetitions, in their order. */
export function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** Words between blanks, commas or semicolons. */
export function wordsOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((word) => word !== '');
}

/** What `*` and `?` of file names and interfaces fit. */
export function globOf(pattern: string): RegExp {
  const text = pattern.replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`);
  return new RegExp(`^${text.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
