// Calls from one machine's simulator to another's.
import { request } from 'node:https';
import { parseAnswer, type Json } from '../../../src/xenapi/message.ts';
import { Refusal } from '../database.ts';
import { XenApiError } from '../../../src/xenapi/message.ts';

/** Milliseconds. */
const PATIENCE = 60_000;

/** One call over TLS; real servers check certificates among themselves, these do not. Refusals come as they are. */
export async function callRemote(
  address: string,
  method: string,
  params: readonly Json[],
): Promise<Json> {
  const text = await post(address, JSON.stringify({ jsonrpc: '2.0', method, params, id: 1 }));
  try {
    return parseAnswer(text, 1);
  } catch (error) {
    if (error instanceof XenApiError) throw new Refusal(error.code, ...error.parameters);
    throw error;
  }
}

/** The body of the answer to a request as somebody else wrote it. */
export async function post(address: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: address, port: 443, path: '/jsonrpc', method: 'POST', timeout: PATIENCE },
        ...{ rejectUnauthorized: false, headers: { 'content-type': 'application/json' } },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          resolve(Buffer.concat(chunks).toString());
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', (error) => {
      reject(new Refusal('INTERNAL_ERROR', `Connection failed: ${error.message}.`));
    });
    outgoing.end(body);
  });
}
