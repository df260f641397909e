// Lets a server listen, and says why where it cannot.
import type { Server } from 'node:net';
import { KronosError, systemCode, type KronosErrorOptions } from './error.ts';

export interface PortRequest {
  /** 0 chooses a free one. */
  port: number;
  /** An address of this machine. */
  address: string;
  /** What is served, for messages. */
  what: string;
  /** Where the user named the port, and what helps where it cannot be had. */
  refusal?: Pick<KronosErrorOptions, 'location' | 'hint'> | undefined;
}

/** Gives the port that is listened on. Errors: `host/port-unavailable`. */
export async function openPort(server: Server, request: PortRequest): Promise<number> {
  const { port, address, what, refusal } = request;
  await new Promise<void>((done, fail) => {
    server.once('error', (error) => {
      fail(
        new KronosError(
          'host/port-unavailable',
          `cannot serve ${what} on port ${port}: ${reasonOf(error, address)}`,
          { hint: 'name another port, or run as root', ...refusal, cause: error },
        ),
      );
    });
    server.listen(port, address, done);
  });
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

function reasonOf(error: Error, address: string): string {
  switch (systemCode(error)) {
    case 'EACCES':
      return 'only root may use it';
    case 'EADDRINUSE':
      return 'it is in use';
    case 'EADDRNOTAVAIL':
      return `this machine does not have the address ${address}`;
    default:
      return error.message;
  }
}
