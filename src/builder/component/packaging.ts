// The texts that turn the files of a package into a .deb: control data, changelog, maintainer scripts.
import { posix } from 'node:path';
import { linkerPath, type Resolved } from './libraries.ts';
import { multiarchOf } from './entry.ts';
import type { Programs } from './programs.ts';
import { RELATION_FIELDS, type PlannedFile, type PlannedPackage } from './split.ts';

/** All that the sandbox needs to make one .deb. */
export interface PackagingInput {
  name: string;
  version: string;
  architecture: string;
  files: PlannedFile[];
  /** Paths of its programs and libraries, for dpkg-shlibdeps. */
  objects: string[];
  /** Those of them that are started, not loaded by others. */
  programs: string[];
  /** Files of the control archive by name. */
  members: { name: string; text: string; mode: number }[];
  /** debian/changelog, from which dpkg-gencontrol takes the source's name and version. */
  changelog: string;
}

export interface Packaging {
  /** debian/control of all packages. */
  control: string;
  /** debian/shlibs.local: which package has the libraries of the packages themselves. */
  shlibs: string;
  /** Directories that the packages add to those of the linker. */
  directories: readonly string[];
  packages: PackagingInput[];
}

export interface PackagingOptions {
  /** Name of the source package; the recipe's. */
  source: string;
  /** By package. */
  versions: ReadonlyMap<string, string>;
  architecture: string;
  /** Seconds since 1970. */
  epoch: number;
}

const MAINTAINER = 'kronos package component <root@localhost>';

/** Renders everything for a plan. Pure. */
export function renderPackaging(
  planned: readonly PlannedPackage[],
  programs: Programs,
  resolved: Resolved,
  options: PackagingOptions,
): Packaging {
  const versionOf = (name: string) => options.versions.get(name) ?? '';
  const stanzas: string[] = [
    fields([
      ['Source', options.source],
      ['Section', 'admin'],
      ['Priority', 'optional'],
      ['Maintainer', MAINTAINER],
    ]),
  ];
  const packages = planned.map((one): PackagingInput => {
    const own = programs.objects.filter((object) => object.package === one.name);
    const objects = own.map(({ path }) => path);
    const architecture = architectureOf(one, objects, options.architecture);
    stanzas.push(renderStanza(one, architecture, resolved, versionOf));
    return {
      name: one.name,
      version: versionOf(one.name),
      architecture,
      files: one.files,
      objects,
      programs: own.flatMap(({ path, interpreter }) => (interpreter === undefined ? [] : [path])),
      members: renderMembers(one, programs, options.architecture),
      changelog: renderChangelog(options.source, versionOf(one.name), options.epoch),
    };
  });
  return {
    control: stanzas.join('\n'),
    shlibs: renderShlibs(programs, versionOf),
    directories: programs.libraryDirectories,
    packages,
  };
}

function fields(pairs: readonly (readonly [name: string, value: string])[]): string {
  return pairs
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** Packages without programs or libraries of the machine are for all machines. */
function architectureOf(
  one: PlannedPackage,
  objects: readonly string[],
  architecture: string,
): string {
  const directory = `/usr/lib/${multiarchOf(architecture)}/`;
  const own = objects.length > 0 || one.files.some(({ path }) => path.startsWith(directory));
  return own ? architecture : 'all';
}

function renderStanza(
  one: PlannedPackage,
  architecture: string,
  resolved: Resolved,
  versionOf: (name: string) => string,
): string {
  const found = [
    ...[...(resolved.interpreters.get(one.name) ?? [])],
    ...[...(resolved.siblings.get(one.name) ?? [])].map((name) => `${name} (= ${versionOf(name)})`),
    ...(one.groups.length > 0 ? ['passwd'] : []),
  ].sort();
  const relations = RELATION_FIELDS.map((field) => {
    const own = one.relations[field];
    // dpkg-gencontrol leaves out what is there twice.
    const all = field === 'depends' ? ['${shlibs:Depends}', ...own, ...found] : own;
    return [`${field.charAt(0).toUpperCase()}${field.slice(1)}`, all.join(', ')] as const;
  });
  return fields([
    ['Package', one.name],
    ['Architecture', architecture],
    ...relations,
    [
      'Description',
      `${one.summary}\n Made by kronos package component from ${one.from.join(', ') || 'the recipe alone'}.`,
    ],
  ]);
}

/** RFC 5322, as changelogs have it. */
function changelogDate(epoch: number): string {
  return new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
}

function renderChangelog(source: string, version: string, epoch: number): string {
  return [
    `${source} (${version}) unstable; urgency=medium`,
    '',
    '  * Packages of files that were built elsewhere.',
    '',
    ` -- ${MAINTAINER}  ${changelogDate(epoch)}`,
    '',
  ].join('\n');
}

/** `libz.so.1` is the library libz in its version 1; others cannot be asked for by version. */
function splitSoname(soname: string): [library: string, version: string] | undefined {
  const match = /^(.*)\.so\.(.*)$/.exec(soname) ?? /^(.*)-(\d.*)\.so$/.exec(soname);
  return match?.[1] === undefined || match[2] === undefined ? undefined : [match[1], match[2]];
}

function renderShlibs(programs: Programs, versionOf: (name: string) => string): string {
  const lines = programs.objects.flatMap(({ soname, package: name }) => {
    const split = soname === undefined ? undefined : splitSoname(soname);
    return split === undefined ? [] : [`${split.join(' ')} ${name} (= ${versionOf(name)})\n`];
  });
  return [...new Set(lines)].sort().join('');
}

function renderMembers(
  one: PlannedPackage,
  programs: Programs,
  architecture: string,
): PackagingInput['members'] {
  const members: PackagingInput['members'] = [];
  const add = (name: string, text: string, mode = 0o644): void => {
    if (text !== '') members.push({ name, text, mode });
  };
  add('conffiles', one.conffiles.map((path) => `${path}\n`).join(''));
  const directories = new Set(linkerPath(architecture, programs.libraryDirectories));
  const hasLibraries = programs.objects.some(
    ({ soname, path, package: name }) =>
      name === one.name && soname !== undefined && directories.has(posix.dirname(path)),
  );
  add('triggers', hasLibraries ? 'activate-noawait ldconfig\n' : '');
  add('postinst', renderPostinst(one), 0o755);
  add('prerm', renderPrerm(one), 0o755);
  add('postrm', renderPostrm(one), 0o755);
  return members;
}

const HEAD = ['#!/bin/sh', 'set -e'];

/** Names of units may have backslashes, never quotes. */
function quoted(units: readonly string[]): string {
  return units.map((unit) => `'${unit}'`).join(' ');
}

/** Units are enabled and not started: nothing that runs is touched before the next boot. */
function renderPostinst({ groups, units }: PlannedPackage): string {
  if (groups.length === 0 && units.length === 0) return '';
  return [
    ...HEAD,
    '[ "$1" = configure ] || exit 0',
    ...groups.map((name) => `getent group ${name} >/dev/null || groupadd --system ${name}`),
    ...(units.length === 0
      ? []
      : [
          `for unit in ${quoted(units)}; do`,
          '\tdeb-systemd-helper unmask "$unit" >/dev/null || true',
          '\tif deb-systemd-helper --quiet was-enabled "$unit"; then',
          '\t\tdeb-systemd-helper enable "$unit" >/dev/null',
          '\telse',
          '\t\tdeb-systemd-helper update-state "$unit" >/dev/null || true',
          '\tfi',
          'done',
          '[ ! -d /run/systemd/system ] || systemctl daemon-reload || true',
        ]),
    '',
  ].join('\n');
}

function renderPrerm({ units }: PlannedPackage): string {
  if (units.length === 0) return '';
  return [
    ...HEAD,
    '[ "$1" = remove ] && [ -d /run/systemd/system ] || exit 0',
    `deb-systemd-invoke stop ${quoted(units)} >/dev/null || true`,
    '',
  ].join('\n');
}

function renderPostrm({ units }: PlannedPackage): string {
  if (units.length === 0) return '';
  return [
    ...HEAD,
    'if [ "$1" = purge ] && command -v deb-systemd-helper >/dev/null; then',
    `\tdeb-systemd-helper purge ${quoted(units)} >/dev/null || true`,
    'fi',
    '[ "$1" != remove ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload || true',
    '',
  ].join('\n');
}
