import { createReadStream } from 'node:fs';

/** Whether a file of any size holds a text somewhere. */
export async function holdsText(path: string, text: string): Promise<boolean> {
  const wanted = Buffer.from(text);
  let tail = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 1024 * 1024 })) {
    const seen = Buffer.concat([tail, chunk as Buffer]);
    if (seen.includes(wanted)) return true;
    tail = seen.subarray(seen.length - wanted.length + 1);
  }
  return false;
}
