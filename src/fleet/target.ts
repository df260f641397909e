// Where the fleet server is that a command means: what the server wrote into its state directory, or what is said instead.
import { join } from 'node:path';
import * as z from 'zod';
import { KronosError } from '../common/error.ts';
import { readText } from '../host/read.ts';
import type { FleetTarget } from './client.ts';

const serverSchema = z.object({ url: z.string(), fingerprint: z.string() });

export interface TargetOptions {
  /** The server's state directory: server.json and operator.token. */
  state: string;
  /** In place of what stands there. */
  server?: string | undefined;
  fingerprint?: string | undefined;
  tokenFile?: string | undefined;
}

/**
 * Finds the server. Errors: `input/no-fleet-server` where the state directory has no server.json,
 * `input/wrong-value`, those of readText.
 */
export async function findFleetServer(options: TargetOptions): Promise<FleetTarget> {
  const { state, server, fingerprint, tokenFile } = options;
  const known =
    server === undefined || fingerprint === undefined ? await readServer(state) : undefined;
  const url = server ?? known?.url ?? '';
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
    throw new KronosError('input/wrong-value', `${url} is no address of a fleet server`, {
      hint: 'https://ADDRESS:PORT, as kronos fleet serve prints it',
    });
  }
  const digits = (fingerprint ?? known?.fingerprint ?? '').replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits)) {
    throw new KronosError('input/wrong-value', `${digits} is no SHA-256 fingerprint`, {
      hint: 'kronos fleet serve prints that of its certificate',
    });
  }
  const token = (await readText(tokenFile ?? join(state, 'operator.token'))).trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new KronosError('input/wrong-value', 'the token file has no operator token', {
      hint: 'it is operator.token of the state directory of the server',
    });
  }
  return { url, fingerprint: digits, token };
}

async function readServer(state: string): Promise<z.output<typeof serverSchema>> {
  const file = join(state, 'server.json');
  try {
    return serverSchema.parse(JSON.parse(await readText(file)));
  } catch (error) {
    if (error instanceof KronosError && error.code !== 'input/no-such-file') throw error;
    throw new KronosError('input/no-fleet-server', `${file} names no fleet server`, {
      hint: 'name the state directory of kronos fleet serve with --state, or the server with --server, --fingerprint and --token-file',
    });
  }
}
