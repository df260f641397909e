// From the text of a fleet file to the fleet: YAML, schema, host files put together, and what only shows in the whole.
import { dirname, resolve } from 'node:path';
import { KronosError, KronosErrors } from '../../common/error.ts';
import { limitMistakes, validate } from '../../common/validate.ts';
import { loadYaml } from '../../common/yaml.ts';
import type { ReadInclude } from '../../host/document.ts';
import { includeBeside, inOrder, readText } from '../../host/read.ts';
import { isSecretPath } from '../../host/secret-places.ts';
import { checkFleet, identityOf } from './check.ts';
import { checkPoolLogins, checkSecretFiles } from './check-host.ts';
import { createFindings, distinct } from './findings.ts';
import type { Fleet, FleetHost } from './fleet.ts';
import { composeHosts } from './hosts.ts';
import { resolvePolicy } from './policy.ts';
import { resolvePools } from './pools.ts';
import { fleetSchema } from './schema.ts';

/** A fleet file that holds no mistakes. */
export interface FleetSource {
  fleet: Fleet;
  /** What will surprise; each has a code, a place and a hint, and none of them is thrown. */
  warnings: readonly KronosError[];
}

/** Bytes: more than ten thousand hosts with all that they can say. */
const SIZE_LIMIT = 16 * 1024 * 1024;

/**
 * Reads and checks a fleet file; what it includes lies in its directory or below.
 * Errors, all mistakes at once and each where it was typed: those of parseFleetFile, `input/no-such-file`,
 * `input/path-escapes`, `input/file-too-large`, `input/encoding`, `io/unreadable-file`.
 */
export async function readFleetFile(path: string): Promise<FleetSource> {
  const text = await readFleetText(path);
  return parseFleetFile(text, path, {
    directory: resolve(dirname(path)),
    readInclude: includeBeside(path, 'the fleet file'),
  });
}

async function readFleetText(path: string): Promise<string> {
  try {
    return await readText(path, SIZE_LIMIT);
  } catch (error) {
    if (!(error instanceof KronosError) || error.code !== 'input/no-such-file') throw error;
    throw new KronosError('input/no-such-file', error.message, {
      hint: 'look at the path; docs/fleet-file.md has a fleet file to begin with',
    });
  }
}

/**
 * Checks the text of a fleet file. `file` is what messages call it, `directory` where secrets by file are found.
 * Errors: those of loadYaml, validate, resolveHostFile, resolvePools, resolvePolicy and checkFleet.
 */
export async function parseFleetFile(
  text: string,
  file: string,
  options: { directory: string; readInclude?: ReadInclude | undefined },
): Promise<FleetSource> {
  const document = loadYaml(text, file, SIZE_LIMIT);
  const checked = validate(fleetSchema, document, 'the fleet file', { hide: isSecretPath });
  const findings = createFindings(document);
  const pools = resolvePools(checked, findings);
  const policy = resolvePolicy(checked, findings);
  const poolOf = new Map(pools.flatMap(({ name, hosts }) => hosts.map((host) => [host, name])));
  const { readInclude, directory } = options;
  const composed = await composeHosts(checked, document, { readInclude, poolOf, findings });
  checkFleet(checked, composed, findings);
  checkPoolLogins(pools, composed, findings);
  await checkSecretFiles(pools, composed, directory, findings);
  if (findings.errors.length > 0)
    throw new KronosErrors(limitMistakes(inOrder(distinct(findings.errors)), file));
  const hosts = Object.entries(checked.hosts).flatMap(([name, host]): FleetHost[] => {
    const whole = composed.get(name)?.document;
    if (whole === undefined) return [];
    const { rack, groups } = host;
    return [
      { name, identity: identityOf(host), rack, groups, pool: poolOf.get(name), document: whole },
    ];
  });
  return {
    fleet: { name: checked.name, hosts, pools, policy, directory },
    warnings: inOrder(findings.warnings),
  };
}
