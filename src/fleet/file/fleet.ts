// A fleet as its file describes it, with every default filled in and every host put together.
import type { YamlDocument } from '../../common/yaml.ts';
import type { Secret } from '../../host/schema/values.ts';

/** How a machine is known to be the one that a host is meant for. */
export type Identity =
  | { mac: string }
  | { serial: string }
  | { assetTag: string }
  /** The so-manieth machine that no other host is meant for, counted from 1 in the order of appearance. */
  | { order: number };

export interface FleetHost {
  name: string;
  identity: Identity;
  /** Where it stands, for people: `r7/12`. */
  rack?: string | undefined;
  groups: readonly string[];
  /** Name of its pool. */
  pool?: string | undefined;
  /**
   * Its host file: the fleet's, its groups' and its own keys put together. Report and pool are not in it; they are added
   * when the file is handed out. For resolveHostFile; every value knows its place in the fleet file.
   */
  document: YamlDocument;
}

export interface FleetPool {
  name: string;
  /** Name of a host, or `first-seen`: the first of its hosts that appears. */
  coordinator: { host: string } | 'first-seen';
  /** All hosts of the pool, the named coordinator too, in the order of the file. */
  hosts: readonly string[];
  /** With which members join: an account of the coordinator. */
  credential: { user: string; password: Secret };
  /** Members of this pool that may be between armed and joined at once. */
  joins: number;
}

/** A time in which machines may be armed. */
export interface Window {
  /** 0 Sunday to 6 Saturday: days on which it begins. */
  days: readonly number[];
  /** Minutes after midnight; an end before the beginning is on the next day. */
  from: number;
  to: number;
  /** Name of a time zone. */
  timezone: string;
}

export interface Policy {
  /** Hosts that must be ready before any others are armed; those of `canaryHosts` first. 0: none. */
  canary: number;
  /** After the canary, and between waves, somebody must approve. */
  approval: 'none' | 'canary' | 'every-wave';
  /** Sizes of the waves after the canary; the last one is used again until all hosts are through. Empty: one wave. */
  waves: readonly number[];
  /** Hosts that may be between armed and ready at once. */
  atOnce: number;
  /** Failed hosts after which no more are armed until somebody resumes. */
  stopAfter: number;
  /** Empty: always. */
  windows: readonly Window[];
  /** Seconds without a word after which a host that installs, or that starts for the first time, counts as failed. */
  silence: number;
  /** What machines do that no host is meant for: record their inventory and wait for a name, or start their own disk. */
  unknown: 'record' | 'disk';
}

export interface Fleet {
  name: string;
  /** In the order of the file. */
  hosts: readonly FleetHost[];
  pools: readonly FleetPool[];
  policy: Policy;
  /** Directory of the fleet file: secrets by file are found from there. */
  directory: string;
}
