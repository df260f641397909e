// Connects to sockets that QEMU is only about to open.
import { createConnection, type Socket } from 'node:net';
import { systemCode } from '../common/error.ts';

/** Seconds for QEMU to come up on a busy machine. */
const PATIENCE = 30;

/** Connects to a unix socket, waiting until it is there. Errors: those of node:net after 30 s. */
export async function connectWhenThere(path: string, patienceSeconds = PATIENCE): Promise<Socket> {
  const deadline = performance.now() + patienceSeconds * 1000;
  for (;;) {
    try {
      return await connectOnce(path);
    } catch (error) {
      const code = systemCode(error);
      if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function connectOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
