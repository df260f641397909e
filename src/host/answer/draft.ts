// The host file while it is put together from an answer file.
import type { HOOK_STAGES } from '../schema/host-file.ts';

type HookStage = (typeof HOOK_STAGES)[number];

export interface DraftSystemDisk {
  /** Names below /dev: one, or two that are mirrored. */
  paths: string[];
  /** True where the rest of the disk goes to the local storage repository. */
  guestStorage: boolean;
}

export interface DraftManagement {
  by: 'mac' | 'name';
  /** One card, or those of a bond. */
  cards: string[];
  bond?: string;
  vlan?: number;
  ipv4: { mode: 'dhcp' | 'none' } | { mode: 'static'; address: string; gateway: string };
  ipv6: { mode: 'dhcp' | 'auto' | 'none' } | { mode: 'static'; address: string; gateway: string };
}

export interface DraftHook {
  stage: HookStage;
  file?: string;
  /** Written as a comment, because nobody knows its digest. */
  url?: string;
}

export interface Draft {
  hostname?: string;
  search?: string;
  keymap?: string;
  timezone?: string;
  ntp: string[];
  dns: string[];
  /** Never written anywhere; hashed at once. */
  password?: string;
  passwordHash?: string;
  system?: DraftSystemDisk;
  /** Names below /dev. */
  guestDisks: string[];
  repository: 'lvm' | 'ext';
  management?: DraftManagement;
  hooks: DraftHook[];
}

/** A draft of nothing. */
export function emptyDraft(): Draft {
  return { ntp: [], dns: [], guestDisks: [], repository: 'ext', hooks: [] };
}
