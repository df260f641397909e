// What the package indices say: one record per package, version and origin.
import { compareVersions } from './version.ts';
import { parseRelations, type Alternatives } from './relations.ts';

/** One package of an index. */
export interface PackageRecord {
  name: string;
  version: string;
  architecture: string;
  /** `Filename`, below the base of the source. */
  path: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** Name of the source package that it is built from. */
  source: string;
  essential: boolean;
  priority: string;
  depends: readonly Alternatives[];
  /** Virtual packages that it provides, with versions where given. */
  provides: readonly { name: string; version?: string }[];
  /** Name of the source (`AptSource.name`) whose index holds it. */
  from: string;
  /** The paragraph as the index has it. */
  text: string;
}

function fieldOf(text: string, field: string): string | undefined {
  // Fields start a line; indices hold tens of thousands of paragraphs, so nothing is parsed that nobody asks for.
  const needle = `\n${field}: `;
  const start = text.startsWith(`${field}: `) ? -1 : text.indexOf(needle);
  if (start === -1 && !text.startsWith(`${field}: `)) return undefined;
  const from = start + needle.length;
  let end = text.indexOf('\n', from);
  while (end !== -1 && (text[end + 1] === ' ' || text[end + 1] === '\t'))
    end = text.indexOf('\n', end + 1);
  return text.slice(from, end === -1 ? undefined : end).trim();
}

/** A record whose dependency fields are only read when somebody looks. */
class LazyRecord implements PackageRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly from: string;
  readonly text: string;

  constructor(text: string, from: string) {
    this.text = text;
    this.from = from;
    this.name = fieldOf(text, 'Package') ?? '';
    this.version = fieldOf(text, 'Version') ?? '';
    this.architecture = fieldOf(text, 'Architecture') ?? '';
  }

  get path(): string {
    return (fieldOf(this.text, 'Filename') ?? '').replace(/^\.\//, '');
  }
  get size(): number {
    return Number(fieldOf(this.text, 'Size') ?? 0);
  }
  get sha256(): string {
    return fieldOf(this.text, 'SHA256') ?? '';
  }
  get source(): string {
    return (fieldOf(this.text, 'Source') ?? this.name).replace(/ .*/, '');
  }
  get essential(): boolean {
    return fieldOf(this.text, 'Essential') === 'yes';
  }
  get priority(): string {
    return fieldOf(this.text, 'Priority') ?? '';
  }
  get depends(): readonly Alternatives[] {
    return [
      ...parseRelations(fieldOf(this.text, 'Pre-Depends')),
      ...parseRelations(fieldOf(this.text, 'Depends')),
    ];
  }
  get provides(): readonly { name: string; version?: string }[] {
    return parseRelations(fieldOf(this.text, 'Provides')).flatMap((group) =>
      group.map(({ name, version }) => (version === undefined ? { name } : { name, version })),
    );
  }
}

/** The records of a Packages text. `from` names the source. */
export function parsePackages(text: string, from: string): PackageRecord[] {
  return text
    .split(/\n\n+/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => new LazyRecord(paragraph, from))
    .filter((record) => record.name !== '' && record.version !== '');
}

/** All records of all sources, found by name. */
export class PackageIndex {
  readonly #byName = new Map<string, PackageRecord[]>();

  constructor(records: Iterable<PackageRecord>) {
    for (const record of records) {
      const list = this.#byName.get(record.name);
      if (list === undefined) this.#byName.set(record.name, [record]);
      else list.push(record);
    }
  }

  /** Names of real packages. */
  names(): string[] {
    return [...this.#byName.keys()];
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** All versions of a package from all sources. */
  versions(name: string): readonly PackageRecord[] {
    return this.#byName.get(name) ?? [];
  }

  /** The newest version, from the named source only where `from` is given. */
  newest(name: string, from?: string | ReadonlySet<string>): PackageRecord | undefined {
    let best: PackageRecord | undefined;
    for (const record of this.versions(name)) {
      if (typeof from === 'string' && record.from !== from) continue;
      if (typeof from === 'object' && !from.has(record.from)) continue;
      if (best === undefined || compareVersions(record.version, best.version) > 0) best = record;
    }
    return best;
  }

  /** Whether some package provides the virtual name. */
  isVirtual(name: string): boolean {
    const needle = name;
    for (const records of this.#byName.values()) {
      for (const record of records) {
        if (record.text.includes(needle) && record.provides.some((one) => one.name === name))
          return true;
      }
    }
    return false;
  }

  *all(): Generator<PackageRecord> {
    for (const records of this.#byName.values()) yield* records;
  }
}
