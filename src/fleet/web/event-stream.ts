// The reading side of server-sent events, as far as our server writes them.
import type { Readable } from 'node:stream';

/** Characters of one event: a full status of ten thousand hosts has room. */
const LONGEST = 32 * 1024 * 1024;

/** The events of a stream in order. Ends when the stream does. */
export async function* readEvents(
  stream: Readable,
): AsyncGenerator<{ event: string; data: string }, void> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop() ?? '';
    if (rest.length > LONGEST) throw new Error(`an event is longer than ${LONGEST} characters`);
    for (const part of parts) {
      const fields = new Map(
        part.split('\n').map((line) => {
          const colon = line.indexOf(': ');
          return [line.slice(0, colon), line.slice(colon + 2)];
        }),
      );
      yield { event: fields.get('event') ?? 'message', data: fields.get('data') ?? '' };
    }
  }
}
