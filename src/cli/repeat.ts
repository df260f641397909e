// The command line of a build that is run once more somewhere else, for `kronos build --verify`.
import { resolve } from 'node:path';
import type { MirrorOptions, SelectionOptions } from './selection-options.ts';

export interface RepeatOptions extends SelectionOptions, MirrorOptions {
  level?: number;
  release?: boolean;
  disk?: boolean;
  offline?: boolean;
}

/** The command line of the same build from any directory: relative paths are made absolute. */
export function repeatArguments(edition: string, options: RepeatOptions): string[] {
  const valued = (flag: string, value: string | undefined): string[] =>
    value === undefined ? [] : [flag, value];
  const file = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(path);
  return [
    edition,
    ...valued('--arch', options.arch),
    ...(options.recipes ?? []).flatMap((path) => ['--recipes', resolve(path)]),
    ...(options.with ?? []).flatMap((name) => ['--with', name]),
    ...(options.origin ?? []).flatMap((spec) => ['--origin', absoluteOrigin(spec)]),
    ...valued('--lock', file(options.lock)),
    ...valued('--mirror', options.mirror),
    ...valued('--security-mirror', options.securityMirror),
    ...valued('--keyring', file(options.keyring)),
    ...valued('--level', options.level === undefined ? undefined : String(options.level)),
    ...(options.release === true ? ['--release'] : []),
    ...(options.disk === true ? ['--disk'] : []),
    ...(options.offline === true ? ['--offline'] : []),
  ];
}

/** `NAME=dir:PATH` and the key of `NAME=apt:URL,SUITE,COMPONENTS,KEY` are paths; the other parts are not. */
function absoluteOrigin(spec: string): string {
  return spec
    .replace(/^([^=]+=dir:)(.+)$/s, (_, head: string, path: string) => head + resolve(path))
    .replace(/^([^=]+=apt:.*,)([^,]+)$/s, (_, head: string, path: string) => head + resolve(path));
}
