// The host file of every host of a fleet: what the fleet, its groups and it itself have, put together and checked.
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Path, YamlDocument } from '../../common/yaml.ts';
import { includeInto, isMapping, type ReadInclude } from '../../host/document.ts';
import { resolveHostFile, type HostFileSource } from '../../host/read.ts';
import { checkHost, checkTakenAway } from './check-host.ts';
import type { FleetFindings, HostFinding } from './findings.ts';
import { gatherFindings } from './findings.ts';
import { layerAt, mergeOver, overlayDocument, type Layer } from './overlay.ts';
import type { FleetFile } from './schema.ts';

/** Keys of a host file that the fleet sets, and what to do instead. */
export const KEYS_OF_THE_FLEET: Readonly<Record<string, string>> = {
  pool: 'name the host in the list of a pool, below pools',
  report: 'remove it: hosts of a fleet report to its server',
  approve:
    'remove it: the pool and the report of a host are part of its plan, and are not known before; see kronos fleet plan',
};

/** A host file of the fleet. */
export interface ComposedHost {
  document: YamlDocument;
  source: HostFileSource;
}

/**
 * Puts the host files together and checks each. `poolOf` has the pool of each host that is in one. What is wrong goes to
 * `findings`; hosts with mistakes are left out.
 */
export async function composeHosts(
  file: FleetFile,
  document: YamlDocument,
  options: {
    readInclude?: ReadInclude | undefined;
    poolOf: ReadonlyMap<string, string>;
    findings: FleetFindings;
  },
): Promise<Map<string, ComposedHost>> {
  const { findings, poolOf } = options;
  const readInclude = options.readInclude && readOnce(options.readInclude);
  const broken = new Set<Layer>();
  const open = (base: Path): Promise<Layer> =>
    openLayer(layerAt(document, base), { readInclude, findings, broken });
  const common = await open(['host']);
  const groups = new Map<string, Layer>();
  for (const name of Object.keys(file.groups))
    groups.set(name, await open(['groups', name, 'host']));
  const composed = new Map<string, ComposedHost>();
  const errors: HostFinding[] = [];
  const warnings: HostFinding[] = [];
  const bases = new Map<string, unknown>();
  for (const [name, host] of Object.entries(file.hosts)) {
    const own = await open(['hosts', name, 'host']);
    const below = [
      common,
      ...host.groups.flatMap((group) => {
        const layer = groups.get(group);
        return layer === undefined ? [] : [layer];
      }),
    ];
    // What is missing in a file that could not be read says nothing more.
    if ([...below, own].some((layer) => broken.has(layer))) continue;
    const key = host.groups.join(' ');
    if (!bases.has(key)) bases.set(key, mergeAll(below));
    const whole = overlayDocument(
      [...below, own],
      () => document.locateKey(['hosts', name]),
      withDefaults(name, mergeOver(bases.get(key), own.value), poolOf.has(name)),
    );
    try {
      const source = resolveHostFile(whole);
      composed.set(name, { document: whole, source });
      warnings.push(...source.warnings.map((error) => ({ host: name, error })));
      errors.push(...checkHost(source, poolOf.get(name)).map((error) => ({ host: name, error })));
    } catch (error) {
      errors.push(...errorsOf(error).map((one) => ({ host: name, error: one })));
    }
  }
  findings.errors.push(...gatherFindings(errors));
  findings.warnings.push(...gatherFindings(warnings));
  return composed;
}

function mergeAll(layers: readonly Layer[]): unknown {
  return layers.reduce<unknown>((below, { value }) => mergeOver(below, value), {});
}

/** What the fleet file says by itself. */
function withDefaults(name: string, value: unknown, pooled: boolean): unknown {
  const defaults = { version: 1, hostname: name, ...(pooled ? { toolstack: 'xapi' } : {}) };
  return isMapping(value) ? { ...defaults, ...value } : value;
}

/** A part of a host file together with what it includes; keys that are not its to have are told. */
async function openLayer(
  own: Layer,
  context: { readInclude: ReadInclude | undefined; findings: FleetFindings; broken: Set<Layer> },
): Promise<Layer> {
  const { readInclude, findings, broken } = context;
  let layer: Layer;
  try {
    layer = await includeInto(own, readInclude);
  } catch (error) {
    findings.errors.push(...errorsOf(error));
    broken.add(own);
    return own;
  }
  if (!isMapping(layer.value)) return layer;
  findings.errors.push(...checkTakenAway(layer));
  const refused = Object.keys(layer.value).filter((key) => Object.hasOwn(KEYS_OF_THE_FLEET, key));
  for (const key of refused) {
    findings.errors.push(
      new KronosError('input/key-of-the-fleet', `the key "${key}" is set by the fleet`, {
        location: layer.locateKey([key]),
        hint: KEYS_OF_THE_FLEET[key],
      }),
    );
  }
  const done = new Set([...refused, ...(isList(layer.value['include']) ? ['include'] : [])]);
  if (done.size === 0) return layer;
  const kept = Object.entries(layer.value).filter(([key]) => !done.has(key));
  return { ...layer, value: Object.fromEntries(kept) };
}

/** Whatever else stands there is left for the schema of the host file to tell. */
function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Many hosts include the same file. */
function readOnce(read: ReadInclude): ReadInclude {
  const known = new Map<string, ReturnType<ReadInclude>>();
  return (path) => {
    const reading = known.get(path) ?? read(path);
    known.set(path, reading);
    return reading;
  };
}

function errorsOf(error: unknown): readonly KronosError[] {
  if (error instanceof KronosErrors) return error.errors;
  if (error instanceof KronosError) return [error];
  throw error;
}
