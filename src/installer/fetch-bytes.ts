// The first bytes of a file on the boot server.
import { KronosError } from '../common/error.ts';

/** Errors: `io/fetch-initrd`. */
export async function fetchBytes(url: string, length: number): Promise<Buffer> {
  try {
    const response = await fetch(url, { headers: { range: `bytes=0-${length - 1}` } });
    if (!response.ok) throw new Error(`the server says ${response.status}`);
    // A server without ranges sends all of it.
    return Buffer.from(await response.arrayBuffer()).subarray(0, length);
  } catch (error) {
    throw new KronosError('io/fetch-initrd', `fetching ${url} failed`, {
      cause: error,
      hint: 'the boot server must serve the whole pxe directory that kronos build made',
    });
  }
}
