// Those who look on, by server-sent events. What is not read in time is left out and made good in one piece: a slow viewer
// costs the server one frame of memory and nobody else anything.
import type { ServerResponse } from 'node:http';
import { beginStream } from './answer.ts';

/** A server-sent event. */
export interface Frame {
  event: string;
  /** JSON in one line. */
  data: string;
  id?: string;
}

interface Viewer {
  response: ServerResponse;
  /** The frame that brings it up to date, from the id of the last one that it got. */
  catchUp: (id: string) => Frame;
  id: string;
  missed: boolean;
  /** Beats in a row at which it had still not read what it was sent. */
  stuck: number;
}

/** Beats that a viewer may be stuck before its connection is closed. */
const PATIENCE = 4;

export interface Viewers {
  /** Answers with a stream that begins with `first`. */
  add: (response: ServerResponse, first: Frame, catchUp: (id: string) => Frame) => void;
  /** Gives a frame to all who read; it is made only where there are any. */
  send: (makeFrame: () => Frame) => void;
  /** Shows all that the connection lives, and closes those that are stuck. */
  beat: () => void;
  count: () => number;
}

/** `onCount` is called when somebody came or went. */
export function createViewers(onCount: () => void): Viewers {
  const viewers = new Set<Viewer>();
  const write = (viewer: Viewer, frame: Frame): void => {
    viewer.missed = false;
    viewer.id = frame.id ?? '';
    viewer.response.write(formatFrame(frame));
  };
  return {
    add: (response, first, catchUp) => {
      const viewer: Viewer = { response, catchUp, id: '', missed: false, stuck: 0 };
      beginStream(response);
      response.on('drain', () => {
        viewer.stuck = 0;
        if (viewer.missed) write(viewer, viewer.catchUp(viewer.id));
      });
      response.on('error', () => undefined);
      response.once('close', () => {
        if (viewers.delete(viewer)) onCount();
      });
      viewers.add(viewer);
      write(viewer, first);
      onCount();
    },
    send: (makeFrame) => {
      let made: { id: string; text: string } | undefined;
      for (const viewer of viewers) {
        if (viewer.response.writableNeedDrain) {
          viewer.missed = true;
          continue;
        }
        made ??= formatOnce(makeFrame());
        viewer.id = made.id;
        viewer.response.write(made.text);
      }
    },
    beat: () => {
      for (const viewer of viewers) {
        if (!viewer.response.writableNeedDrain) {
          viewer.response.write('event: beat\ndata: {}\n\n');
          continue;
        }
        viewer.stuck += 1;
        if (viewer.stuck >= PATIENCE) viewer.response.destroy();
      }
    },
    count: () => viewers.size,
  };
}

function formatOnce(frame: Frame): { id: string; text: string } {
  return { id: frame.id ?? '', text: formatFrame(frame) };
}

function formatFrame({ event, data, id }: Frame): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
}
