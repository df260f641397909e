// A row of buttons, one of them in focus.
import type { Key } from '../keys.ts';
import type { Line } from '../screen.ts';

/** The place of the button in focus after a key, or undefined where the key is none of a row of buttons. */
export function moveInButtons(index: number, key: Key, count: number): number | undefined {
  switch (key.name) {
    case 'left':
    case 'back-tab':
      return (index - 1 + count) % count;
    case 'right':
    case 'tab':
      return (index + 1) % count;
    default:
      return undefined;
  }
}

/** `> [ Install ] <` is the one in focus. */
export function renderButtons(labels: readonly string[], index: number): Line {
  return [
    { text: ' ' },
    ...labels.flatMap((label, place): Line => {
      const text = `[ ${label} ]`;
      return place === index
        ? [{ text: ' >' }, { text, style: 'inverse' }, { text: '<' }]
        : [{ text: `  ${text} ` }];
    }),
  ];
}
