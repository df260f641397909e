// A job that works until it is ended, and holds a connection open meanwhile. A child of its own holds another.
import { connect } from 'node:net';
import { start } from '../../../../src/common/process.ts';

const CHILD = "require('net').connect(process.argv[1]); setInterval(() => undefined, 1000);";

/** Connects to `socket` twice and never returns. */
export async function runJob({ socket }: { socket: string }): Promise<never> {
  connect(socket);
  await start([process.execPath, '-e', CHILD, socket]).done;
  return new Promise(() => undefined);
}
