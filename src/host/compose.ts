// A host file of a few answers, with comments for whoever goes on from there.
import { parseNetwork } from './address.ts';
import { parseCard, parseDisk, splitWords } from './questions.ts';
import type { Answers } from './questions.ts';

/** The text of a host file; the answers have been checked one by one. */
export function composeHostFile(answers: Answers): string {
  const { hostname = '', timezone = 'Etc/UTC', existing = 'refuse' } = answers;
  return [
    '# Host file of Kronos. Every key is described in docs/host-file.md; check changes with',
    '# kronos host validate.',
    'version: 1',
    `hostname: ${text(hostname)}`,
    `timezone: ${text(timezone)}`,
    '',
    'root:',
    ...login(answers),
    '',
    '# Disks are chosen by what they are. If not exactly one disk fits, nothing is written.',
    'disks:',
    '  system:',
    `    match: ${flow(parseDisk(answers['disk'] ?? ''))}`,
    '    # refuse: stop if anything is on the disk; erase: remove it.',
    `    existing: ${existing}`,
    '',
    'network:',
    '  management:',
    '    # Exactly one card must fit.',
    `    interface: { match: ${flow(parseCard(answers['card'] ?? ''))} }`,
    ...addresses(answers),
    '',
    '# Disks of virtual machines: what is left of the system disk.',
    'storage:',
    '  - { type: lvm, name: local, disks: [system], default: true }',
    '',
  ].join('\n');
}

function login({ passwordHash = '', sshKey = '' }: Answers): string[] {
  const lines = [
    ...(passwordHash === '' ? [] : [`  passwordHash: ${JSON.stringify(passwordHash)}`]),
    ...(sshKey === '' ? [] : ['  sshKeys:', `    - ${JSON.stringify(sshKey)}`]),
  ];
  if (lines.length > 0) return lines;
  return ['  # Asked at the first login on the console.', '  passwordHash: "!!"'];
}

function addresses({ network = 'dhcp', gateway = '', dns = '' }: Answers): string[] {
  if (network === 'dhcp') return ['    ipv4: { mode: dhcp }'];
  const { family } = parseNetwork(network);
  const via = gateway === '' ? '' : `, gateway: ${JSON.stringify(gateway)}`;
  const servers = splitWords(dns).map((server) => JSON.stringify(server));
  return [
    ...(family === 6 ? ['    ipv4: { mode: none }'] : []),
    `    ipv${family}: { mode: static, address: ${JSON.stringify(network)}${via} }`,
    ...(servers.length === 0 ? [] : [`    dns: [${servers.join(', ')}]`]),
  ];
}

function flow(mapping: object): string {
  const parts = Object.entries(mapping).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `{ ${parts.join(', ')} }`;
}

/** Plain where that can be nothing but a text. */
function text(value: string): string {
  return /^[a-z][a-z0-9._/-]*[a-z0-9]$/i.test(value) && !/^(?:true|false|null)$/i.test(value)
    ? value
    : JSON.stringify(value);
}
