// Every element and attribute that XenServer's and XCP-ng's installers read from an answer file.
import type { Dialect, ElementDefinition } from './definition.ts';
import { DISK_ELEMENTS } from './elements/disks.ts';
import { NETWORK_ELEMENTS } from './elements/network.ts';
import { ROOT_ELEMENTS } from './elements/root.ts';
import { SCRIPT_ELEMENTS } from './elements/scripts.ts';
import { SOFTWARE_ELEMENTS } from './elements/software.ts';
import { SYSTEM_ELEMENTS } from './elements/system.ts';

/** What the page calls them. */
export const DIALECT_NAMES: Readonly<Record<Dialect, string>> = {
  xenserver: 'XenServer',
  'xcp-ng': 'XCP-ng',
};

/** Groups of the page; elements are read in this order. */
export const TABLE_GROUPS: readonly {
  title: string;
  elements: readonly ElementDefinition[];
}[] = [
  { title: 'The file as a whole', elements: ROOT_ELEMENTS },
  { title: 'Disks and the local storage repository', elements: DISK_ELEMENTS },
  { title: 'Network', elements: NETWORK_ELEMENTS },
  { title: 'Root, name, time and keyboard', elements: SYSTEM_ELEMENTS },
  { title: 'Packages, drivers, boot loader and services', elements: SOFTWARE_ELEMENTS },
  { title: 'Scripts', elements: SCRIPT_ELEMENTS },
];

export const ANSWER_TABLE: readonly ElementDefinition[] = TABLE_GROUPS.flatMap(
  ({ elements }) => elements,
);
