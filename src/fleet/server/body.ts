// The JSON that a machine sends: read up to a size, and checked before anything is done with it.
import type { IncomingMessage } from 'node:http';
import type * as z from 'zod';
import { readBounded } from '../request-body.ts';

/** Why a request was not taken: the status, and a sentence for both sides that repeats nothing of it. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Errors: Refusal 400, 413. */
export async function readJson<T extends z.ZodType>(
  request: IncomingMessage,
  limit: number,
  schema: T,
): Promise<{ data: z.output<T>; size: number }> {
  const bytes = await readBody(request, limit);
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Refusal(400, 'the body is not JSON');
  }
  const result = schema.safeParse(parsed);
  if (result.success) return { data: result.data, size: bytes.length };
  const path = result.error.issues[0]?.path.map(String).join('.').slice(0, 100) ?? '';
  throw new Refusal(400, `the body is not what belongs here${path === '' ? '' : ` (${path})`}`);
}

/** Errors: Refusal 400, 413; those of the connection. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const body = await readBounded(request, limit);
  if (body === 'too-long') throw new Refusal(413, `more than ${limit} bytes are not taken here`);
  if (body === 'broken') throw new Refusal(400, 'the connection broke');
  return body;
}
