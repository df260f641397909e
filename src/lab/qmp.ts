// QEMU's control socket: press the power button, reset, take a picture of the screen.
import type { Socket } from 'node:net';
import { KronosError } from '../common/error.ts';
import { connectWhenThere } from './socket.ts';

/**
 * Runs one QMP command on a machine's socket and returns what it answers.
 * Errors: `host/qemu-refused`, `io/qemu-socket`.
 */
export async function askQemu(
  socketPath: string,
  command: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const failed = (why: string, cause?: unknown): KronosError =>
    new KronosError('io/qemu-socket', `asking QEMU to ${command}: ${why}`, { cause });
  let socket: Socket;
  try {
    socket = await connectWhenThere(socketPath);
  } catch (error) {
    throw failed('its control socket does not answer', error);
  }
  try {
    return await converse(socket, command, parameters, failed);
  } finally {
    socket.destroy();
  }
}

interface Message {
  QMP?: unknown;
  return?: unknown;
  error?: { desc?: string };
}

function converse(
  socket: Socket,
  command: string,
  parameters: Readonly<Record<string, unknown>>,
  failed: (why: string, cause?: unknown) => KronosError,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let rest = '';
    let asked = false;
    const receive = (message: Message): void => {
      if (message.QMP !== undefined) {
        socket.write('{"execute":"qmp_capabilities"}\n');
      } else if (message.error !== undefined) {
        const why = message.error.desc ?? 'no reason given';
        reject(new KronosError('host/qemu-refused', `QEMU refused to ${command}: ${why}`));
      } else if (message.return !== undefined && asked) {
        resolve(message.return);
      } else if (message.return !== undefined) {
        asked = true;
        socket.write(`${JSON.stringify({ execute: command, arguments: parameters })}\n`);
      }
      // What is left are events, which may come at any time.
    };
    socket.setEncoding('utf8');
    socket.on('error', (error) => reject(failed(error.message, error)));
    socket.on('close', () => reject(failed('it hung up')));
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') receive(JSON.parse(line) as Message);
    });
  });
}
