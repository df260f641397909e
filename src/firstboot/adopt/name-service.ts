// Name servers and search domains of a host: those that are written for an interface, and those that the resolver uses. Pure.
import { address, host } from '../../host/schema/values.ts';
import { unique, type Configured } from './configured.ts';

/** Of /etc/resolv.conf, or written for an interface. */
export interface Names {
  dns: string[];
  search: string[];
}

interface NameService extends Names {
  /** Where they come from, where it is not the configuration of the interface. */
  sources: string[];
  /** What a host file has no words for, one phrase each. */
  lost: string[];
}

interface Place {
  /** A host file has name servers of the management network only. */
  isManagement: boolean;
  /** Servers come by DHCP or from a router. */
  asks: boolean;
}

/**
 * What goes into the host file. Without resolvconf nobody reads what ifupdown has of it, so search domains of the resolver
 * are taken beside those of the interface. What DHCP named must not be written down: it may change.
 */
export function nameService(
  name: string,
  configured: Configured | undefined,
  resolver: Names,
  { isManagement, asks }: Place,
): NameService {
  const own: Names = { dns: configured?.dns ?? [], search: configured?.search ?? [] };
  if (!isManagement) {
    const lost = [
      ...named('the name server', own.dns, name),
      ...named('the search domain', own.search, name),
    ];
    return { dns: [], search: [], sources: [], lost };
  }
  const usesResolver = own.dns.length === 0 && !asks;
  const dns = sort(usesResolver ? resolver.dns : own.dns, address);
  const search = sort(
    unique([...own.search, ...(asks ? [] : resolver.search)].map((one) => one.replace(/\.$/, ''))),
    host,
  );
  const fromResolver = search.said.some((domain) => !own.search.includes(domain));
  return {
    ...{ dns: dns.said, search: search.said },
    sources: [
      ...(usesResolver && dns.said.length > 0 ? ['name servers: /etc/resolv.conf'] : []),
      ...(fromResolver ? ['search domains: /etc/resolv.conf'] : []),
    ],
    lost: [
      ...named('the name server', dns.unsaid, name),
      ...named('the search domain', search.unsaid, name),
    ],
  };
}

function named(what: string, values: readonly string[], name: string): string[] {
  return values.map((value) => `${what} ${value} of ${name}`);
}

/** What a host file may say, and what not. */
function sort(
  values: readonly string[],
  schema: { safeParse: (value: string) => { success: boolean } },
): { said: string[]; unsaid: string[] } {
  // A zone is a card, which has no addresses any more.
  const said = values.filter((value) => schema.safeParse(value).success && !value.includes('%'));
  return { said, unsaid: values.filter((value) => !said.includes(value)) };
}
