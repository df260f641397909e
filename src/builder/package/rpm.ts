// A definition as an .rpm.
import type { PackageDefinition } from './definition.ts';
import type { Maker } from './maker.ts';

/** Not yet. */
export function makeRpm(definition: PackageDefinition, _maker: Maker): Promise<string> {
  return Promise.reject(new TypeError(definition.name));
}
