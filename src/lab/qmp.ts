// QEMU's control socket: press the power button, reset, take a picture of the screen.
import { createConnection } from 'node:net';
import { KronosError } from '../common/error.ts';

/** Runs one QMP command on a machine's socket and returns what it answers. Errors: `host/qemu-refused`, `io/qemu-socket`. */
export function askQemu(
  socketPath: string,
  command: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    let rest = '';
    let asked = false;
    const finish = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.setEncoding('utf8');
    socket.on('error', (error) =>
      finish(() =>
        reject(
          new KronosError('io/qemu-socket', `asking QEMU to ${command}: ${error.message}`, {
            cause: error,
          }),
        ),
      ),
    );
    socket.on('close', () =>
      reject(new KronosError('io/qemu-socket', `asking QEMU to ${command}: it hung up`)),
    );
    const receive = (line: string): void => {
      const message = JSON.parse(line) as {
        QMP?: unknown;
        return?: unknown;
        error?: { desc?: string };
      };
      if (message.QMP !== undefined) {
        socket.write('{"execute":"qmp_capabilities"}\n');
      } else if (message.error !== undefined) {
        const why = message.error.desc ?? 'no reason given';
        finish(() =>
          reject(new KronosError('host/qemu-refused', `QEMU refused to ${command}: ${why}`)),
        );
      } else if (message.return !== undefined) {
        if (asked) {
          finish(() => resolve(message.return));
          return;
        }
        asked = true;
        socket.write(`${JSON.stringify({ execute: command, arguments: parameters })}\n`);
      }
    };
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') receive(line);
    });
  });
}
