// Sends files of the boot tree: to many machines at once, in pieces that they share, and not for ever to one that takes
// nothing.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerFile } from '../../common/file-answer.ts';
import type { Chunk, Chunks } from './chunks.ts';
import type { TreeFile } from './tree.ts';

/** Seconds for a piece; who takes longer is not worth the memory. */
const PIECE_SECONDS = 120;

export interface FileSender {
  /** Answers; gives the status that was sent. `headers` go along. */
  send: (
    file: TreeFile,
    request: IncomingMessage,
    response: ServerResponse,
    headers?: Readonly<Record<string, string>>,
  ) => number;
  /** Files that are under way. */
  active: () => number;
  close: () => void;
}

/** `pieceSeconds` is for tests. */
export function createFileSender(chunks: Chunks, pieceSeconds = PIECE_SECONDS): FileSender {
  /** When each one under way took its last piece, in milliseconds of a clock that only goes forward. */
  const active = new Map<ServerResponse, number>();
  const sweep = setInterval(
    () => {
      const limit = performance.now() - pieceSeconds * 1000;
      for (const [response, since] of active) if (since < limit) response.socket?.destroy();
    },
    Math.min(10, pieceSeconds / 2) * 1000,
  );
  sweep.unref();

  /**
   * What is done when a connection breaks; one may have several requests under way. Those that wait behind another one are
   * told nothing by Node.
   */
  const leaving = new WeakMap<Socket, Set<() => void>>();
  const leavingOf = (socket: Socket): Set<() => void> => {
    const known = leaving.get(socket);
    if (known !== undefined) return known;
    const fresh = new Set<() => void>();
    leaving.set(socket, fresh);
    socket.once('close', () => {
      for (const leave of fresh) leave();
    });
    return fresh;
  };

  const stream = (
    file: TreeFile,
    request: IncomingMessage,
    response: ServerResponse,
    body: { start: number; end: number },
  ): void => {
    let position = body.start;
    let held: Chunk | undefined;
    const release = (): void => {
      held?.release();
      held = undefined;
    };
    const { socket } = request;
    const leave = (): void => {
      release();
      active.delete(response);
      leaving.get(socket)?.delete(leave);
    };
    leavingOf(socket).add(leave);
    const fail = (): void => {
      // The length was promised: only a broken connection says that it is not kept.
      leave();
      socket.destroy();
    };
    const next = (): void => {
      active.set(response, performance.now());
      chunks.take(file.handle, position, (error, chunk) => {
        held = chunk;
        if (socket.destroyed) {
          leave();
          return;
        }
        const bytes = chunk?.bytes.subarray(0, body.end + 1 - position);
        if (error !== null || bytes === undefined || bytes.length === 0) {
          fail();
          return;
        }
        position += bytes.length;
        response.write(bytes, (failed) => {
          release();
          if (failed != null || socket.destroyed) return;
          if (position <= body.end) {
            next();
          } else {
            leave();
            response.end();
          }
        });
      });
    };
    next();
  };

  return {
    send: (file, request, response, headers = {}) => {
      const answer = answerFile(request.method ?? 'GET', request.headers, file);
      response.writeHead(answer.status, { ...answer.headers, ...headers });
      if (answer.body === undefined) response.end();
      else stream(file, request, response, answer.body);
      return answer.status;
    },
    active: () => active.size,
    close: () => {
      clearInterval(sweep);
    },
  };
}
