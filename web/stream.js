// The server's stream of changes: followed, and found again after it was lost.
import { byId } from './elements.js';
import { apply } from './rows.js';

const { body } = document;

/** Milliseconds without a sign of life after which a connection counts as lost; the server beats every 10 s. */
const SILENCE = 25_000;

/** @param {'live' | 'lost'} state */
function showConnection(state) {
  if (body.dataset['connection'] === state) return;
  body.dataset['connection'] = state;
  const place = byId('connection');
  if (place !== null)
    place.textContent = state === 'live' ? 'live' : 'connection lost, trying again';
}

let version = body.dataset['version'] ?? '';
let pause = 1000;
/** @type {number | undefined} */
let waiting;

export function follow() {
  const source = new EventSource(`/stream?since=${encodeURIComponent(version)}`);
  const alive = () => {
    pause = 1000;
    showConnection('live');
    window.clearTimeout(waiting);
    waiting = window.setTimeout(again, SILENCE);
  };
  const again = () => {
    source.close();
    window.clearTimeout(waiting);
    showConnection('lost');
    // Whoever is out by now must log in again; all else is tried for ever, ever more seldom.
    fetch('/stream', { method: 'HEAD' }).then(
      ({ status }) => status === 401 && location.assign('/login'),
      () => undefined,
    );
    waiting = window.setTimeout(follow, pause);
    pause = Math.min(pause * 2, 15_000);
  };
  source.addEventListener('open', alive);
  source.addEventListener('beat', alive);
  source.addEventListener('change', (event) => {
    alive();
    apply(JSON.parse(event.data));
    version = event.lastEventId;
  });
  source.addEventListener('error', again);
  waiting = window.setTimeout(again, SILENCE);
}
