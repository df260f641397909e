// A draft as the text of a host file: only what was said, with comments for the person who goes on from there.
import { basename } from 'node:path';
import type { Dialect } from './definition.ts';
import type { Draft, DraftHook, DraftManagement, DraftSystemDisk } from './draft.ts';
import type { Note } from './report.ts';
import { DIALECT_NAMES } from './table.ts';

const WIDTH = 100;
const REPOSITORY = 'local-storage';

export interface TextContext {
  file: string;
  dialect: Dialect | undefined;
  notes: readonly Note[];
}

/** The YAML of a host file. The draft must have a system disk and a management network. */
export function renderHostFile(draft: Draft, context: TextContext): string {
  const { system, management } = draft;
  if (system === undefined || management === undefined) throw new TypeError('unfinished draft');
  const lines = [
    ...renderHeader(context),
    'version: 1',
    `hostname: ${scalar(draft.hostname ?? '')}`,
    ...(draft.keymap === undefined ? [] : [`keymap: ${scalar(draft.keymap)}`]),
    ...(draft.timezone === undefined ? [] : [`timezone: ${scalar(draft.timezone)}`]),
    ...list('ntp', draft.ntp),
    'root:',
    ...indent([`passwordHash: ${scalar(draft.passwordHash ?? '!!')}`]),
    '',
    ...renderDisks(system, draft.guestDisks),
    '',
    ...renderNetwork(management, draft),
    ...renderStorage(system, draft),
    ...renderHooks(draft.hooks),
  ];
  return `${lines.join('\n')}\n`;
}

function renderHeader({ file, dialect, notes }: TextContext): string[] {
  const of = dialect === undefined ? 'XenServer or XCP-ng' : DIALECT_NAMES[dialect];
  const open = notes.filter(({ kind }) => kind !== 'kept');
  return [
    ...comment(`Made by kronos host import from ${basename(file)}, an answer file of ${of}.`),
    ...comment('Check it with: kronos host validate FILE'),
    ...(open.length === 0
      ? []
      : ['#', ...comment('What is not as it was, by line and column there:')]),
    ...open.flatMap(renderNote),
    '',
  ];
}

function renderNote({ location, kind, subject, message, todo }: Note): string[] {
  const place = `${String(location.line ?? 1)}:${String(location.column ?? 1)}`;
  return [
    ...comment(`- ${place} ${kind}: ${subject}: ${message}`, '  '),
    ...(todo === undefined ? [] : comment(`  do: ${todo}`, '    ')),
  ];
}

function renderDisks(system: DraftSystemDisk, guestDisks: readonly string[]): string[] {
  const { paths, guestStorage } = system;
  const lines = [
    'system:',
    ...indent([
      ...selector(paths),
      ...(paths.length > 1 ? [`count: ${String(paths.length)}`, 'raid: 1'] : []),
      ...existing(),
      ...(guestStorage ? [] : ['partitions:', '  storage: 0']),
    ]),
    ...(guestDisks.length === 0 ? [] : ['storage:']),
    ...indent(
      guestDisks.flatMap((path, i) =>
        item([`name: ${guestName(i)}`, ...selector([path]), ...existing()]),
      ),
    ),
  ];
  return ['disks:', ...indent(lines)];
}

function existing(): string[] {
  return [...comment('refuse: stop where it is not empty; erase: erase it.'), 'existing: refuse'];
}

function selector(paths: readonly string[]): string[] {
  return [
    ...(paths.every((path) => path.startsWith('/dev/disk/by-id/'))
      ? []
      : comment(
          'Such a name says where a disk is found, not which it is; serial or wwn is better.',
        )),
    'match:',
    ...indent(oneOrList('path', paths)),
  ];
}

function guestName(index: number): string {
  return `guest-${String(index + 1)}`;
}

function renderNetwork(management: DraftManagement, { dns, search }: Draft): string[] {
  const { by, cards, bond, vlan, ipv4, ipv6 } = management;
  const lines = [
    'interface:',
    ...indent([
      ...(by === 'name' ? comment('Names can change with every kernel; mac is better.') : []),
      'match:',
      ...indent(oneOrList(by, cards)),
      ...(cards.length > 1 ? [`count: ${String(cards.length)}`] : []),
    ]),
    ...(bond === undefined ? [] : ['bond:', `  mode: ${bond}`]),
    ...(vlan === undefined ? [] : [`vlan: ${String(vlan)}`]),
    'ipv4:',
    ...indent(protocol(ipv4)),
    ...(ipv6.mode === 'none' ? [] : ['ipv6:', ...indent(protocol(ipv6))]),
    ...list('dns', dns),
    ...(search === undefined ? [] : list('search', [search])),
  ];
  return ['network:', '  management:', ...indent(indent(lines))];
}

function protocol(value: DraftManagement['ipv4'] | DraftManagement['ipv6']): string[] {
  if (value.mode !== 'static') return [`mode: ${value.mode}`];
  return ['mode: static', `address: ${scalar(value.address)}`, `gateway: ${scalar(value.gateway)}`];
}

function renderStorage(system: DraftSystemDisk, draft: Draft): string[] {
  const disks = [
    ...(system.guestStorage ? ['system'] : []),
    ...draft.guestDisks.map((_, i) => guestName(i)),
  ];
  if (disks.length === 0) return [];
  const lines = [
    `type: ${draft.repository}`,
    `name: ${REPOSITORY}`,
    ...list('disks', disks),
    'default: true',
  ];
  return ['', 'storage:', ...indent(item(lines))];
}

/** Hooks whose digest is missing are comments; the rest stay in their order. */
function renderHooks(hooks: readonly DraftHook[]): string[] {
  if (hooks.length === 0) return [];
  const live = hooks.filter(({ file }) => file !== undefined);
  const lines = hooks.flatMap(({ stage, file, url }) =>
    file === undefined
      ? item([
          `stage: ${stage}`,
          `url: ${scalar(url ?? '')}`,
          'sha256: # curl -fsSL URL | sha256sum',
        ]).map((line) => `# ${line}`)
      : item([`stage: ${stage}`, `file: ${scalar(file)}`]),
  );
  return ['', live.length === 0 ? '# hooks:' : 'hooks:', ...indent(lines)];
}

function list(key: string, values: readonly string[]): string[] {
  if (values.length === 0) return [];
  return [`${key}:`, ...values.map((value) => `  - ${scalar(value)}`)];
}

function oneOrList(key: string, values: readonly string[]): string[] {
  return values.length === 1 ? [`${key}: ${scalar(values[0] ?? '')}`] : list(key, values);
}

function item(lines: readonly string[]): string[] {
  return lines.map((line, i) => `${i === 0 ? '- ' : '  '}${line}`);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

/** Text of a person is quoted unless nothing in any version of YAML could read it as something else. */
function scalar(text: string): string {
  const plain = /^[A-Za-z/][A-Za-z0-9._/-]*$/.test(text);
  const word = /^(?:true|false|yes|no|on|off|null|y|n)$/i.test(text);
  return plain && !word ? text : JSON.stringify(text);
}

/** Text as comment lines of bearable width; whatever would end a line is a blank in it. */
function comment(text: string, hang = ''): string[] {
  const lines: string[] = [];
  let line = '#';
  const [lead = ''] = /^ */.exec(text) ?? [];
  for (const word of text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\ufeff]/gu, ' ').split(/ +/)) {
    if (word === '') continue;
    if (line.length + 1 + word.length > WIDTH && line !== '#') {
      lines.push(line);
      line = `# ${hang}${word}`;
    } else {
      line += ` ${line === '#' ? lead : ''}${word}`;
    }
  }
  return [...lines, line];
}
