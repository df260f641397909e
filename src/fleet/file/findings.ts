// What is found wrong in a fleet file, and what will surprise.
import { formatLocation, KronosError } from '../../common/error.ts';
import type { Location } from '../../common/error.ts';
import { nearest } from '../../common/nearest.ts';
import type { YamlDocument } from '../../common/yaml.ts';
import { collectFindings, type CollectedFindings } from '../../host/findings.ts';

/** Mistakes after which no names are guessed any more: among thousands of names that takes its time. */
const ENOUGH = 200;

export interface FleetFindings extends CollectedFindings {
  /** A mistake whose place is known already. */
  errorAt: (
    code: `input/${string}`,
    message: string,
    where: { location: Location; hint: string },
  ) => void;
  /** The hint for a name that is not there. */
  didYouMean: (name: string, names: Iterable<string>, otherwise: string) => string;
}

/** Findings whose paths lead into the fleet file. */
export function createFindings(document: YamlDocument): FleetFindings {
  const collected = collectFindings(document);
  const { errors } = collected;
  return {
    ...collected,
    errorAt: (code, message, where) => errors.push(new KronosError(code, message, where)),
    didYouMean: (name, names, otherwise) => {
      const guess = errors.length > ENOUGH ? undefined : nearest(name, names);
      return guess === undefined ? otherwise : `did you mean ${JSON.stringify(guess)}?`;
    },
  };
}

/** Each once: what is wrong in an included file is found wherever it is included. */
export function distinct(errors: readonly KronosError[]): KronosError[] {
  return [...new Map(errors.map((error) => [keyOf(error), error])).values()];
}

function keyOf({ code, message, location }: KronosError): string {
  const place = location === undefined ? '' : formatLocation(location);
  return JSON.stringify([code, place, message]);
}

/** What was found in the host file of a host. */
export interface HostFinding {
  host: string;
  error: KronosError;
}

/**
 * Findings of many hosts, each told once with those that it concerns: what a group has is the same mistake in all of its
 * hosts.
 */
export function gatherFindings(found: readonly HostFinding[]): KronosError[] {
  const gathered = new Map<string, { error: KronosError; hosts: string[] }>();
  for (const { host, error } of found) {
    const key = keyOf(error);
    const earlier = gathered.get(key);
    if (earlier === undefined) gathered.set(key, { error, hosts: [host] });
    else earlier.hosts.push(host);
  }
  return [...gathered.values()].map(({ error, hosts }) => {
    const [first = '', ...others] = hosts;
    const whose = others.length === 0 ? first : `${first} and ${others.length} more`;
    return new KronosError(error.code, `${error.message} (${whose})`, {
      ...{ hint: error.hint, location: error.location, cause: error.cause },
      details: { hosts },
    });
  });
}
