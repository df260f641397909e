// Sizes as people type them.
import { KronosError } from './error.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** Bytes of a text such as `500M`, `20 GB` or `1.5GiB`. Errors: `input/wrong-value` naming `option`. */
export function parseSize(text: string, option: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (number === '' || factor === undefined) {
    throw new KronosError('input/wrong-value', `${option}: ${JSON.stringify(text)} is not a size`, {
      hint: 'write a number and a unit, such as 500M or 20G',
    });
  }
  return Math.round(Number(number) * factor);
}
