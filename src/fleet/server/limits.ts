// What strangers on the network can make the server hold, and for how long.

export interface Limits {
  /** Connections of one address; those of proxies are not counted. */
  perAddress: number;
  /** Connections in all, on each of the two ports. */
  connections: number;
  /** Seconds until the head of a request is there, until all of it is, and between two bytes of anything. */
  headSeconds: number;
  requestSeconds: number;
  idleSeconds: number;
  /** Seconds for a piece of a file; who takes longer is not worth the memory. */
  pieceSeconds: number;
  /** Machines without a name that are kept. */
  unnamed: number;
  /** Bytes of an inventory. */
  inventory: number;
  /** Seconds between two inventories of a machine that are kept. */
  inventorySeconds: number;
  /** Machines that claim the MAC address of another one, for each address. */
  twins: number;
  /** Entries that a machine may add to the journal in a minute. */
  entriesPerMinute: number;
  /** Addresses of proxies in front of this server; on this machine there may always be one. */
  proxies: readonly string[];
}

export const LIMITS: Limits = {
  perAddress: 64,
  connections: 4096,
  headSeconds: 10,
  requestSeconds: 60,
  idleSeconds: 60,
  pieceSeconds: 120,
  unnamed: 2000,
  inventory: 256 * 1024,
  inventorySeconds: 60,
  twins: 8,
  entriesPerMinute: 600,
  proxies: ['127.0.0.1', '::1'],
};
