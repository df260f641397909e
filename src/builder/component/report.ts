// What became of a source: the packages, and everything of it that they do not carry.
import { formatBytes, formatTable } from '../../common/format.ts';
import type { LocalDeb } from '../apt/local.ts';
import { parseStanzas } from '../apt/stanzas.ts';
import type { MadeEdit } from './edits.ts';
import type { TakenPath } from './libraries.ts';
import { formatMode } from './refusals.ts';
import type { Scriptlet } from './rpm-header.ts';
import type { RpmPackage } from './rpm.ts';
import type { PlannedPackage } from './split.ts';

export interface ReportedPackage {
  name: string;
  version: string;
  architecture: string;
  /** File name in the directory. */
  file: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** As in its control file. */
  depends: string[];
  /** Paths that are not directories. */
  files: number;
  units: string[];
}

/** What one .rpm has besides files. */
export interface NotCarried {
  rpm: string;
  scriptlets: Scriptlet[];
  /** Requirements that are neither libraries nor programs nor features of rpm. */
  requires: string[];
  /** Files that it gives to others than root. */
  owners: { path: string; owner: string }[];
}

export interface ComponentReport {
  directory: string;
  /** Seconds since 1970: the date of all files. */
  epoch: number;
  packages: ReportedPackage[];
  edits: MadeEdit[];
  narrowed: { path: string; from: number; to: number }[];
  /** Relations that the suite cannot fulfil. */
  unknown: { package: string; relation: string }[];
  /** Paths that packages of the suite have too. */
  taken: TakenPath[];
  notCarried: NotCarried[];
  /** Whether the .rpm files were signed by a known key; undefined where there were none. */
  signatures: 'good' | 'unchecked' | undefined;
}

/** Puts the report together. Pure. */
export function reportComponent(facts: {
  out: string;
  epoch: number;
  debs: readonly LocalDeb[];
  packages: readonly PlannedPackage[];
  edits: MadeEdit[];
  narrowed: ComponentReport['narrowed'];
  unknown: ComponentReport['unknown'];
  taken: TakenPath[];
  rpms: readonly RpmPackage[];
  signed: boolean;
}): ComponentReport {
  return {
    directory: facts.out,
    epoch: facts.epoch,
    packages: facts.debs.map((deb) => reportPackage(deb, facts.packages)),
    edits: facts.edits,
    narrowed: facts.narrowed,
    unknown: facts.unknown,
    taken: facts.taken,
    notCarried: facts.rpms.flatMap(({ label, scriptlets, requires, owners }) =>
      scriptlets.length + requires.length + owners.length === 0
        ? []
        : [{ rpm: label, scriptlets, requires, owners }],
    ),
    signatures: facts.rpms.length === 0 ? undefined : facts.signed ? 'good' : 'unchecked',
  };
}

function reportPackage(deb: LocalDeb, packages: readonly PlannedPackage[]): ReportedPackage {
  const stanza = parseStanzas(deb.control)[0];
  const name = stanza?.get('package') ?? '';
  const planned = packages.find((one) => one.name === name);
  return {
    name,
    version: stanza?.get('version') ?? '',
    architecture: stanza?.get('architecture') ?? '',
    file: deb.name,
    size: deb.size,
    sha256: deb.sha256,
    depends: (stanza?.get('depends') ?? '').split(/,\s*/).filter((one) => one !== ''),
    files: planned?.files.filter(({ type }) => type !== 'directory').length ?? 0,
    units: planned?.units ?? [],
  };
}

/** The report for people: packages, then what a person should look at. */
export function formatReport(report: ComponentReport): string {
  const lines = [
    formatTable(
      report.packages.map((one) => [
        ...[one.name, one.version, one.architecture, `${String(one.files)} files`],
        formatBytes(one.size),
      ]),
    ),
  ];
  const section = (title: string, items: readonly string[]): void => {
    if (items.length > 0) lines.push(`${title}:`, ...items.map((item) => `  ${item}`));
  };
  section('Changed texts', describeEdits(report.edits));
  section(
    'Others may no longer write',
    report.narrowed.map(
      ({ path, from, to }) => `${path}: ${formatMode(from)} -> ${formatMode(to)}`,
    ),
  );
  section(
    'Not in the suite; another repository must have it',
    report.unknown.map((one) => `${one.relation}, needed by ${one.package}`),
  );
  section(
    'Also in packages of the suite, beside which these are not installed (conflicts, replaces)',
    report.taken.map(({ path, by }) => `${path}: ${by.join(', ')}`),
  );
  for (const { rpm, scriptlets, requires, owners } of report.notCarried) {
    section(
      `Not carried, scripts of ${rpm}`,
      scriptlets.map(({ kind, program, text }) => `${kind} (${program}): ${describeText(text)}`),
    );
    section(`Not carried, requirements of ${rpm}`, requires);
    section(
      `Not carried, owners of ${rpm}`,
      owners.map(({ path, owner }) => `${path}: ${owner}`),
    );
  }
  if (report.signatures === 'unchecked')
    lines.push(
      'The signatures of the .rpm files were not checked: name their keys with --keyring.',
    );
  lines.push(report.directory);
  return lines.join('\n');
}

/** One line for each text that changed, with the files that had it. */
function describeEdits(edits: readonly MadeEdit[]): string[] {
  const files = new Map<string, string[]>();
  for (const { path, replace, by } of edits) {
    const change = `${JSON.stringify(replace)} -> ${JSON.stringify(by)}`;
    files.set(change, [...(files.get(change) ?? []), path]);
  }
  return [...files].map(([change, paths]) => {
    const [first = ''] = paths;
    const others = paths.length === 1 ? '' : ` and ${String(paths.length - 1)} more`;
    return `${change} in ${first}${others}`;
  });
}

/** Scripts are shown whole with --json; here their first line and how many there are. */
function describeText(text: string): string {
  const all = text.split('\n').filter((line) => line.trim() !== '');
  const first = all[0]?.trim() ?? 'the program alone';
  return all.length <= 1 ? first : `${first} ... (${String(all.length)} lines)`;
}
