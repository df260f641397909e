// A server that answers what a test tells it to, on a socket or behind TLS.
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Json } from '../../src/xenapi/message.ts';
import { temporaryDirectory } from '../temporary.ts';

export interface Call {
  method: string;
  params: Json[];
  id: number;
}

/** What is answered: a result, an error, or nothing at all. */
export type Answer = { result: Json } | { error: Json } | 'close';

/** Calls in the order in which they came, and who answers them. */
export function script(answer: (call: Call, count: number) => Answer): {
  calls: Call[];
  listener: RequestListener;
} {
  const calls: Call[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const call = JSON.parse(Buffer.concat(chunks).toString()) as Call;
      calls.push(call);
      const said = answer(call, calls.length);
      if (said === 'close') {
        request.socket.destroy();
        return;
      }
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ jsonrpc: '2.0', ...said, id: call.id }));
    });
  };
  return { calls, listener };
}

/** Serves on a socket until the test ends; returns its path. */
export async function serveSocket(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const path = join(await temporaryDirectory(t), 'xapi');
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return path;
}
