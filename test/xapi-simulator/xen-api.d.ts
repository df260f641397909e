// What the tests use of the npm package xen-api, which brings no types.
declare module 'xen-api' {
  export interface Client {
    connect: () => Promise<void>;
    disconnect: () => Promise<void>;
    call: (method: string, ...parameters: unknown[]) => Promise<unknown>;
    callAsync: (method: string, ...parameters: unknown[]) => Promise<unknown>;
    getRecord: (type: string, ref: string) => Promise<Record<string, unknown>>;
    objectsFetched: Promise<void>;
    objects: { all: Record<string, Record<string, unknown>> };
    pool: Record<string, unknown>;
  }
  export function createClient(options: {
    url: string;
    allowUnauthorized: boolean;
    auth: { user: string; password: string };
  }): Client;
}
