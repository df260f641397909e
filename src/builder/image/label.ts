// Names and numbers that media carry: all derived from the build, so that the same build gives the same bits and two
// builds never mix.
import { digestOf } from '../../common/digest.ts';
import type { Sha256 } from '../../common/digest.ts';

/** The file system label by which GRUB and the initrd find the medium: `KRONOS_` and eight digits of the build id. */
export function mediumLabel(buildId: Sha256): string {
  return `KRONOS_${buildId.slice(0, 8).toUpperCase()}`;
}

/** A FAT volume id (eight hexadecimal digits) for a label. */
export function fatVolumeId(label: string): string {
  return digestOf(`fat ${label}`).slice(0, 8);
}

/** A GUID for one purpose of a label, in the usual spelling; version and variant bits say "random" (RFC 9562, 5.4). */
export function guidOf(label: string, purpose: string): string {
  const hex = digestOf(`guid ${label} ${purpose}`);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-').toUpperCase();
}

/** Seconds since 1970 as xorriso's `YYYYMMDDhhmmsscc` in UTC. */
export function isoDate(epoch: number): string {
  return `${new Date(epoch * 1000).toISOString().replace(/\D/g, '').slice(0, 14)}00`;
}
