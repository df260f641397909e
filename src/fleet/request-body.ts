// The body of a request, up to a size.
import type { IncomingMessage } from 'node:http';

/**
 * All of it; or why there is none: it is too long, or the connection broke. What comes after the limit is not kept.
 * `limit`: bytes. Errors: those of the connection.
 */
export async function readBounded(
  request: IncomingMessage,
  limit: number,
): Promise<Buffer | 'too-long' | 'broken'> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return 'too-long';
  const chunks: Buffer[] = [];
  let length = 0;
  // Not `for await`: leaving that would break the connection before the refusal is sent.
  return await new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        chunks.length = 0;
        request.pause();
        resolve('too-long');
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => resolve('broken'));
  });
}
