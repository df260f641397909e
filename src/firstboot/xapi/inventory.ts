// /etc/xensource-inventory: what xapi knows of its host before it has a database. xapi writes it too, so what is there and
// not ours stays.

export type Inventory = ReadonlyMap<string, string>;

/** Reads lines `KEY='value'`; others are left out, as xapi does. */
export function parseInventory(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Z0-9_]+)='(.*)'\s*$/.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) found.set(key, value);
  }
  return found;
}

/** A file that reads as `inventory`, sorted. */
export function formatInventory(inventory: Inventory): string {
  return [...inventory]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}='${value}'\n`)
    .join('');
}

/** What is there counts, also where it is empty: an ejected host has no management interface. The rest comes from the copy. */
export function mergeInventories(copy: Inventory, there: Inventory): Map<string, string> {
  return new Map([...copy, ...there]);
}

export interface InventoryFacts {
  /** Kronos' name of the product and its version: compared when hosts join. */
  brand: string;
  version: string;
  /** Bridge of the management interface. */
  bridge: string;
  ipv6: boolean;
  /** Makes UUIDs that the host does not have yet. */
  uuid: () => string;
}

/**
 * The inventory with everything in it that xapi needs to start. Identities that are there stay; so does the management
 * interface once xapi has chosen one. Source: facts of xapi 26.17.
 */
export function completeInventory(before: Inventory, facts: InventoryFacts): Map<string, string> {
  const after = new Map(before);
  const keep = (key: string, value: () => string): void => {
    if ((after.get(key) ?? '') === '') after.set(key, value());
  };
  keep('INSTALLATION_UUID', facts.uuid);
  keep('CONTROL_DOMAIN_UUID', facts.uuid);
  keep('MANAGEMENT_INTERFACE', () => facts.bridge);
  keep('MANAGEMENT_ADDRESS_TYPE', () => (facts.ipv6 ? 'IPv6' : 'IPv4'));
  after.set('PRODUCT_BRAND', facts.brand);
  after.set('PRODUCT_NAME', facts.brand);
  after.set('PRODUCT_VERSION', facts.version);
  after.set('PRODUCT_VERSION_TEXT', facts.version);
  after.set('PRODUCT_VERSION_TEXT_SHORT', facts.version);
  after.set('PLATFORM_NAME', facts.brand);
  after.set('PLATFORM_VERSION', facts.version);
  after.set('BUILD_NUMBER', facts.version);
  return after;
}
