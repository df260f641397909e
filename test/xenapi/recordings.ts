// What a real xapi said on the wire, where the recordings are beside this checkout.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../src/xenapi/message.ts';

const DIRECTORY = join(import.meta.dirname, '../../../../shared/recordings/xapi-26.17');

export interface Step {
  at_s: number;
  to?: string;
  via?: 'https' | 'http' | 'unix';
  protocol?: 'jsonrpc2' | 'jsonrpc1' | 'xmlrpc' | 'raw';
  request?: { method?: string; params?: Json[]; id?: Json };
  status?: number;
  response?: Json;
  transport_error?: { phase: 'connect' | 'exchange'; code: string };
  note?: string;
  http?: string;
}

/** The recordings by name; undefined where they are not here. */
export function readRecordings(): Map<string, Step[]> | undefined {
  if (!existsSync(DIRECTORY)) return undefined;
  const names = readdirSync(DIRECTORY).filter((name) => name.endsWith('.json'));
  return new Map(
    names.map((name) => {
      const { steps = [] } = JSON.parse(readFileSync(join(DIRECTORY, name), 'utf8')) as {
        steps?: Step[];
      };
      return [name.replace('.json', ''), steps];
    }),
  );
}
