// Which LVM volume group a physical volume belongs to: its signature does not say it.
import * as z from 'zod';
import { parseOutput } from './lsblk.ts';

const document = z.object({
  report: z.array(
    z.object({ pv: z.array(z.object({ pv_uuid: z.string(), vg_name: z.string() })) }),
  ),
});

/**
 * Names of volume groups by the UUID of the physical volume, from `pvs --reportformat json`.
 * Errors: `io/unexpected-output`.
 */
export function parseVolumeGroups(output: string): Map<string, string> {
  const rows = parseOutput(document, output, 'pvs').report.flatMap(({ pv }) => pv);
  return new Map(rows.flatMap((row) => (row.vg_name === '' ? [] : [[row.pv_uuid, row.vg_name]])));
}
