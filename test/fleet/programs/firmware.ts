// What firmware asks of a fleet server, from wherever this program runs: a file by TFTP, or a page by HTTP. It is an old
// protocol that no client of Node speaks, and its client must be in another network than the test.
import { createSocket } from 'node:dgram';

const [address = '', what = ''] = process.argv.slice(2);

/** Of the protocol (RFC 1350). */
const READ = 1;
const DATA = 3;
const ACKNOWLEDGE = 4;
const ERROR = 5;
const BLOCK = 512;

/** Reads a file by TFTP. Errors: what the server said, or that it said nothing. */
function fetchByTftp(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const blocks: Buffer[] = [];
    const late = setTimeout(() => end(new Error('no answer by TFTP')), 5000);
    const end = (error?: Error): void => {
      clearTimeout(late);
      socket.close();
      if (error === undefined) resolve(Buffer.concat(blocks).toString());
      else reject(error);
    };
    socket.on('error', end);
    socket.on('message', (message, from) => {
      const kind = message.readUInt16BE(0);
      if (kind === ERROR) {
        end(new Error(`TFTP: ${message.subarray(4, -1).toString()}`));
        return;
      }
      if (kind !== DATA || message.readUInt16BE(2) !== blocks.length + 1) return;
      blocks.push(message.subarray(4));
      socket.send(
        Buffer.from([0, ACKNOWLEDGE, message[2] ?? 0, message[3] ?? 0]),
        from.port,
        from.address,
        () => {
          if (message.length - 4 < BLOCK) end();
        },
      );
    });
    socket.send(Buffer.from(`\0${String.fromCharCode(READ)}${name}\0octet\0`), 69, address);
  });
}

const text = what.startsWith('http:')
  ? await (await fetch(what, { signal: AbortSignal.timeout(5000) })).text()
  : await fetchByTftp(what);
process.stdout.write(text);
