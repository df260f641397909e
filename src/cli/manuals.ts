// What manual pages and shell completion are made from: the help of every program.
import type { Command } from 'commander';
import type { Manual } from '../builder/package/manual.ts';
import { HELP as FIRSTBOOT } from '../firstboot/options.ts';
import { HELP as INSTALLER } from '../installer/options.ts';
import { HELP as STATUS } from '../appliance/status-help.ts';
import { helpsOf } from './help.ts';

/** The programs that packages have. `program`: the whole command line, every sub-command defined. */
export function manuals(program: Command): Manual[] {
  const own = (name: string, section: 1 | 8, summary: string, text: string): Manual => ({
    ...{ program: name, section, summary, related: ['kronos(1)'] },
    helps: [{ called: name, text }],
  });
  return [
    {
      ...{ program: 'kronos', section: 1, summary: 'build Xen appliances and prepare Xen hosts' },
      helps: helpsOf(program, 'kronos'),
      related: ['kronos-install(8)', 'kronos-firstboot(8)'],
    },
    own('kronos-install', 8, 'install a Xen host from a host file', INSTALLER),
    own('kronos-firstboot', 8, 'make an installed host what its host file says', FIRSTBOOT),
    own('kronos-status', 1, 'say what this host is and what to do next', STATUS),
  ];
}
