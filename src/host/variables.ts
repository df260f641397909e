// ${name} in the values of a host file: its own variables, and what only the machine knows.
import { KronosError } from '../common/error.ts';
import { nearest } from '../common/nearest.ts';
import { formatPath } from '../common/validate.ts';
import type { Path, YamlDocument } from '../common/yaml.ts';
import { isMapping } from './document.ts';
import type { Inventory } from './inventory.ts';
import { isSecretPath } from './secret-places.ts';

/** Names that every machine has a value for, and what they are. */
export const MACHINE_NAMES = {
  serial: 'serial number',
  mac: 'MAC address',
  uuid: 'UUID',
  asset_tag: 'asset tag',
  product: 'product name',
} as const;

export type MachineName = keyof typeof MACHINE_NAMES;

/** What a machine says of itself; what it does not say is left out. */
export type Facts = Readonly<Partial<Record<MachineName, string | undefined>>>;

/**
 * The facts in an inventory. `mac` is that of the card the host is managed through (the one it was started from, or the
 * one that `network.management` picks); without it the only card that there is.
 */
export function factsOf(inventory: Inventory, mac?: string): Facts {
  const { serial, uuid, assetTag, product } = inventory.machine;
  const [card, ...others] = inventory.interfaces;
  const only = others.length === 0 ? card?.mac : undefined;
  return { serial, uuid, asset_tag: assetTag, product, mac: (mac ?? only)?.toLowerCase() };
}

const NAME = /\$\$\{|\$\{([^}]*)(\}?)/g;

/** Whether a text draws something from the machine. */
export function drawsFromMachine(text: string): boolean {
  return [...text.matchAll(NAME)].some(([, name]) => name !== undefined && isMachineName(name));
}

/**
 * The document with variables put into all of its texts; `$${x}` becomes the plain text `${x}`. Without `facts` names
 * of the machine stay as they are. Keys and numbers are never touched.
 * Errors go to `errors`: `input/unknown-variable`, `input/reserved-variable`, `host/no-such-fact`.
 */
export function putVariablesIn(
  document: YamlDocument,
  facts: Facts | undefined,
  errors: KronosError[],
): YamlDocument {
  const own = ownVariables(document, facts, errors);
  const visit = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return replace(value, { path, document, own, facts, errors });
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, index]));
    if (!isMapping(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        path.length === 0 && key === 'variables' ? inner : visit(inner, [...path, key]),
      ]),
    );
  };
  return { ...document, value: visit(document.value, []) };
}

/** Values of `variables`, with those of the machine put in; they do not use one another. */
function ownVariables(
  document: YamlDocument,
  facts: Facts | undefined,
  errors: KronosError[],
): Map<string, string> {
  const own = new Map<string, string>();
  const typed = isMapping(document.value) ? document.value['variables'] : undefined;
  if (!isMapping(typed)) return own;
  for (const [name, value] of Object.entries(typed)) {
    const path = ['variables', name];
    if (isMachineName(name)) {
      errors.push(
        new KronosError('input/reserved-variable', `the variable ${name} comes from the machine`, {
          location: document.locateKey(path),
          hint: 'choose another name',
        }),
      );
    }
    // What is no text is the schema's to tell.
    if (typeof value === 'string')
      own.set(name, replace(value, { path, document, own: new Map(), facts, errors }));
  }
  return own;
}

interface Replacement {
  path: Path;
  document: YamlDocument;
  own: ReadonlyMap<string, string>;
  facts: Facts | undefined;
  errors: KronosError[];
}

/** A URL with a login, which is as secret as a password. */
const LOGIN = /:\/\/[^/?#]*@/;

function replace(text: string, at: Replacement): string {
  let hidden: boolean | undefined;
  return text.replace(NAME, (all, name: string | undefined, close?: string) => {
    if (name === undefined) return '${';
    if (close === '') {
      unknown(`${where(at)}: there is no } behind \${`, undefined, at);
      return all;
    }
    const value = at.own.get(name);
    if (value !== undefined) return value;
    if (isMachineName(name)) return at.facts === undefined ? all : fromMachine(name, at.facts, at);
    const names = [...Object.keys(MACHINE_NAMES), ...at.own.keys()];
    hidden ??= isSecretPath(at.path) || LOGIN.test(text);
    const guess = hidden ? undefined : nearest(name, names);
    const shown = hidden ? '' : ` ${JSON.stringify(name.slice(0, 60))}`;
    unknown(
      `${where(at)}: unknown variable${shown}`,
      guess === undefined
        ? `there are ${names.join(', ')}`
        : `did you mean ${JSON.stringify(guess)}?`,
      at,
    );
    return all;
  });
}

/** Mistakes of which no more are looked for. */
const ENOUGH = 1000;

function unknown(message: string, hint: string | undefined, at: Replacement): void {
  if (at.errors.length > ENOUGH) return;
  const literal = 'a ${ that is meant as it stands is written $${';
  at.errors.push(
    new KronosError('input/unknown-variable', message, {
      location: at.document.locate(at.path),
      hint: hint === undefined ? literal : `${hint} (${literal})`,
    }),
  );
}

function where({ path }: Replacement): string {
  return `${formatPath(path)} of the host file`;
}

function fromMachine(name: MachineName, facts: Facts, at: Replacement): string {
  const raw = facts[name]?.trim() ?? '';
  const value = fit(name, raw, at.path);
  if (value !== '') return value;
  const found =
    raw === '' ? 'does not say it' : `says ${JSON.stringify(raw)}, which leaves nothing`;
  at.errors.push(
    new KronosError(
      'host/no-such-fact',
      `${where(at)} asks for the ${MACHINE_NAMES[name]} of the machine, which ${found}`,
      {
        location: at.document.locate(at.path),
        hint: 'use another of serial, mac, uuid and asset_tag, or write the value out',
      },
    ),
  );
  return '';
}

/** A value of the machine as it can stand in a host name or a URL; elsewhere it stays as it is. */
function fit(name: MachineName, value: string, path: Path): string {
  const key = path.at(-1);
  if (key === 'hostname') {
    const plain = name === 'mac' ? value.replaceAll(':', '') : value;
    return plain
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '');
  }
  if (key === 'url') return encodeURIComponent(value).replaceAll('%3A', ':');
  return value;
}

function isMachineName(name: string): name is MachineName {
  return Object.hasOwn(MACHINE_NAMES, name);
}
