// Digests of the layers that the command kronos-install began to take before this program was there.
import { createReadStream } from 'node:fs';
import { parseDigestLines } from './digest-program.ts';

/** The number of the descriptor that they come on. */
const VARIABLE = 'KRONOS_DIGESTS';

/**
 * SHA-256 by path, once all are there; empty where nobody began. A file that could not be read is not in it.
 * The variable is taken out of `environment`: what we start has no such descriptor.
 */
export async function readEarlyDigests(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ReadonlyMap<string, string>> {
  const fd = Number(environment[VARIABLE]);
  Reflect.deleteProperty(environment, VARIABLE);
  if (!Number.isInteger(fd)) return new Map();
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream('', { fd })) chunks.push(chunk as Buffer);
  } catch {
    // Whoever wants a digest takes it again.
    return new Map();
  }
  return new Map(parseDigestLines(Buffer.concat(chunks).toString()));
}
