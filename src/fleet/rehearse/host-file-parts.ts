// What of its host file a simulated machine acts upon: where it reports to, and its pool.
import * as z from 'zod';
import { loadYaml } from '../../common/yaml.ts';
import { poolSchema, reportSchema } from '../../host/schema/network.ts';

export interface HostFileParts {
  report: { url: string; fingerprint?: string | undefined; token: string };
  pool: z.output<typeof poolSchema> | undefined;
}

const partsSchema = z.object({ report: reportSchema, pool: poolSchema.optional() });

/** Errors: those of loadYaml; where it is no host file of a fleet. */
export function readHostFileParts(text: string): HostFileParts {
  const { report, pool } = partsSchema.parse(loadYaml(text, 'host file').value);
  const { url, fingerprint, token } = report;
  if (typeof token !== 'string') throw new TypeError('the host file has no token for reports');
  return { report: { url, fingerprint, token }, pool };
}
