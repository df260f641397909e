// What became of an adoption or a release, as people read it: 80 columns or a little more, plain ASCII.
import { describeAddressing } from '../describe.ts';
import type { Adoption } from './adopt.ts';
import type { Release } from './release.ts';

const BOOT: Readonly<Record<NonNullable<Adoption['boot']>, string>> = {
  xen: 'Xen by default',
  'xen-once': 'Xen once; by default when the network answers there, else what was before',
  former: 'what was before; Xen once more with: kronos-firstboot retry xen',
  unknown: 'left alone',
};

export function describeAdoption(adoption: Adoption): string {
  const { state, manager, hostFile, bridges = [], storage, boot, lost = [], warnings } = adoption;
  if (state === 'installed') return 'kronos-install made this host: there is nothing to adopt.\n';
  const first =
    state === 'known'
      ? 'This host was adopted before.'
      : 'This host is adopted. Nothing has changed yet; the next start does this:';
  const line = (title: string, text: string): string => `  ${title.padEnd(10)}${text}`;
  return [
    ...[first, ''],
    ...bridges.flatMap(({ name, cards, addressing, vlans }) => [
      line('network', `${name} on ${cards.map((card) => card.name).join(', ')}`),
      ...(addressing === undefined ? [] : [line('', describeAddressing(addressing))]),
      ...vlans.map((vlan) => line('', `${vlan.name}: ${describeAddressing(vlan.addressing)}`)),
    ]),
    ...(manager === undefined ? [] : [line('so far', manager)]),
    ...(hostFile === undefined
      ? []
      : [
          line(
            'host file',
            `/etc/kronos/host.yaml, ${hostFile === 'found' ? 'as it was found' : 'written now'}`,
          ),
        ]),
    ...(storage === undefined ? [] : [line('storage', storage)]),
    ...(boot === undefined ? [] : [line('boot', BOOT[boot])]),
    ...warnings.map((text) => line('note', text)),
    ...(lost.length === 0
      ? []
      : [
          '',
          'NOT KEPT, because a host file has no words for it:',
          ...lost.map((text) => `  - ${text}`),
        ]),
    ...['', 'All of it: kronos-firstboot plan. Not this: kronos-firstboot release.', ''],
  ].join('\n');
}

export function describeRelease({ state, notes }: Release): string {
  if (state === 'none') return 'This host is not adopted: there is nothing to release.\n';
  return [
    'The next start brings the former network and boot order back. Until then all runs on;',
    'do not restart Open vSwitch or systemd-networkd before.',
    ...notes.map((text) => `  note      ${text}`),
    '',
  ].join('\n');
}
