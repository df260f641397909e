// What depmod knows of the drivers in the initrd, taken from what it knows of all: it would unpack every driver again.
// The binary indices are kmod's (libkmod/libkmod-index.c): a tree of prefixes, offsets and numbers big-endian.
import { basename } from 'node:path/posix';

const MAGIC = 0xb007f457;
const VERSION = 0x00020001;
const HEADER = 12;

/** Bits of an offset that say what its node holds. */
const PREFIX = 0x80000000;
const VALUES = 0x40000000;
const CHILDREN = 0x20000000;
const OFFSET = 0x0fffffff;

/** A value of a key; of several the lowest priority counts first. */
interface IndexValue {
  priority: number;
  value: string;
}

/** Keys with their values, in the order of the values. */
export type ModuleIndex = Map<string, IndexValue[]>;

/** Reads a binary index. Errors: RangeError where it is cut off, TypeError where it is none. */
export function readModuleIndex(data: Buffer): ModuleIndex {
  if (data.readUInt32BE(0) !== MAGIC || data.readUInt32BE(4) >>> 16 !== VERSION >>> 16) {
    throw new TypeError('readModuleIndex: not an index of kmod');
  }
  const found: ModuleIndex = new Map();
  const visit = (node: number, start: string): void => {
    let at = (node & OFFSET) >>> 0;
    const text = (): string => {
      const end = data.indexOf(0, at);
      if (end === -1) throw new RangeError('readModuleIndex: a text has no end');
      const read = data.toString('latin1', at, end);
      at = end + 1;
      return read;
    };
    const number = (): number => {
      at += 4;
      return data.readUInt32BE(at - 4);
    };
    const key = (node & PREFIX) === 0 ? start : start + text();
    const children: [string, number][] = [];
    if ((node & CHILDREN) !== 0) {
      const [first, last] = [data.readUInt8(at), data.readUInt8(at + 1)];
      at += 2;
      for (let code = first; code <= last; code += 1) {
        const child = number();
        if (child !== 0) children.push([String.fromCharCode(code), child]);
      }
    }
    if ((node & VALUES) !== 0) {
      const values: IndexValue[] = [];
      for (let left = number(); left > 0; left -= 1)
        values.push({ priority: number(), value: text() });
      found.set(key, values);
    }
    for (const [letter, child] of children) visit(child, key + letter);
  };
  const root = data.readUInt32BE(8);
  if ((root & OFFSET) !== 0) visit(root, '');
  return found;
}

/** Writes a binary index as depmod does: children before their node. */
export function writeModuleIndex(index: ModuleIndex): Buffer {
  const parts: Buffer[] = [Buffer.alloc(HEADER)];
  let length = HEADER;
  const put = (part: Buffer): void => {
    parts.push(part);
    length += part.length;
  };
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value >>> 0);
    return bytes;
  };
  /** Writes the node of sorted keys that share their first `depth` letters. */
  const write = (keys: readonly string[], depth: number, prefix: string): number => {
    const end = depth + prefix.length;
    const groups = new Map<number, string[]>();
    for (const key of keys) {
      if (key.length === end) continue;
      const code = key.charCodeAt(end);
      const group = groups.get(code);
      if (group === undefined) groups.set(code, [key]);
      else group.push(key);
    }
    const codes = [...groups.keys()];
    const [first, last] = [Math.min(...codes), Math.max(...codes)];
    const children: number[] = [];
    // Without codes the first is infinite, and there is none.
    for (let code = first; code <= last; code += 1) {
      const group = groups.get(code);
      children.push(group === undefined ? 0 : write(group, end + 1, shared(group, end + 1)));
    }
    let node = length;
    if (prefix !== '') {
      put(Buffer.from(`${prefix}\0`, 'latin1'));
      node |= PREFIX;
    }
    if (children.length > 0) {
      put(Buffer.concat([Buffer.from([first, last]), ...children.map(number)]));
      node |= CHILDREN;
    }
    const values = keys[0]?.length === end ? index.get(keys[0]) : undefined;
    if (values !== undefined) {
      put(number(values.length));
      for (const { priority, value } of values)
        put(Buffer.concat([number(priority), Buffer.from(`${value}\0`, 'latin1')]));
      node |= VALUES;
    }
    return node;
  };
  // The root has no prefix, whatever its keys share.
  const root = write([...index.keys()].sort(), 0, '');
  const header = Buffer.concat([number(MAGIC), number(VERSION), number(root)]);
  return Buffer.concat([header, ...parts.slice(1)]);
}

/** What all of some sorted keys share from `start` on. */
function shared(keys: readonly string[], start: number): string {
  const [first = '', last = ''] = [keys[0], keys.at(-1)];
  let end = start;
  while (end < first.length && first[end] === last[end]) end += 1;
  return first.slice(start, end);
}

/** The name of a module by its file: `kernel/drivers/md/dm-mod.ko.xz` is `dm_mod`. */
export function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

/** How each line of a text of depmod, or each value of an index, names the module that it is about. */
const TEXTS: Readonly<Record<string, RegExp>> = {
  'modules.dep': /^([^:]+):/,
  'modules.alias': /^alias \S+ (\S+)$/,
  'modules.symbols': /^alias \S+ (\S+)$/,
  'modules.softdep': /^softdep (\S+) /,
  'modules.weakdep': /^weakdep (\S+) /,
  'modules.devname': /^(\S+) /,
};
const INDICES: Readonly<Record<string, RegExp>> = {
  'modules.dep.bin': /^([^:]+):/,
  'modules.alias.bin': /^(\S+)$/,
  'modules.symbols.bin': /^(\S+)$/,
};

/** Indices of what is built into the kernel: the same for every set of modules. */
const BUILT_IN = /^modules\.builtin(\.alias)?\.bin$/;

/**
 * What depmod would write for some of the modules, by name of the file: `all` is what it wrote for all of them, `modules`
 * are paths below the directory of those files. What they depend on must be among them.
 */
export function selectModules(
  all: ReadonlyMap<string, Buffer>,
  modules: readonly string[],
): Map<string, Buffer> {
  const names = new Set(modules.map(moduleName));
  const holds = (line: string, pattern: RegExp): boolean => {
    const name = pattern.exec(line)?.[1];
    return name !== undefined && names.has(moduleName(name));
  };
  const selected = new Map<string, Buffer>();
  for (const [file, data] of all) {
    const [text, index] = [TEXTS[file], INDICES[file]];
    if (text !== undefined) {
      const lines = data.toString('latin1').split('\n');
      const kept = lines.filter((line) => line === '' || line[0] === '#' || holds(line, text));
      selected.set(file, Buffer.from(kept.join('\n'), 'latin1'));
    } else if (index !== undefined) {
      const kept: ModuleIndex = new Map();
      for (const [key, values] of readModuleIndex(data)) {
        const some = values.filter(({ value }) => holds(value, index));
        if (some.length > 0) kept.set(key, some);
      }
      selected.set(file, writeModuleIndex(kept));
    } else if (BUILT_IN.test(file)) selected.set(file, data);
  }
  return selected;
}
