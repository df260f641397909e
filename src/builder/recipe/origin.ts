// Origins as a person names them on the command line.
import { resolve } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { nearest } from '../../common/nearest.ts';
import type { OriginSpec } from './recipe.ts';
import { originSchema } from './schema.ts';

const FORMS = {
  dir: 'dir:PATH',
  apt: 'apt:URL,SUITE,COMPONENT[+COMPONENT],KEYFILE',
  'deb-src': 'deb-src:SUITE/SOURCE[=VERSION]',
} as const;

/**
 * Reads `--origin NAME=SPEC`, for example `xapi=dir:./debs`. Paths are made absolute.
 * Errors: `input/origin`.
 */
export function parseOrigin(text: string): { name: string; origin: OriginSpec } {
  const [, name, spec] = /^([a-z0-9][a-z0-9-]*)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || spec === undefined) {
    throw refuse(text, 'expected NAME=SPEC', 'for example --origin xapi=dir:./debs');
  }
  return { name, origin: parseOriginSpec(spec, text) };
}

/** Reads the SPEC part alone; `context` is what messages quote. Errors: `input/origin`. */
function parseOriginSpec(spec: string, context = spec): OriginSpec {
  const [, kind = spec, rest = ''] = /^([^:]*):(.*)$/s.exec(spec) ?? [];
  if (!isKind(kind)) {
    const guess = nearest(kind, Object.keys(FORMS));
    const forms = Object.values(FORMS).join('  ');
    throw refuse(
      context,
      `unknown kind of origin ${JSON.stringify(kind)}`,
      guess === undefined
        ? `there are ${forms}`
        : `did you mean ${JSON.stringify(guess)}? The forms are ${forms}`,
    );
  }
  const result = originSchema.safeParse(splitSpec(kind, rest));
  if (!result.success)
    throw refuse(context, `expected ${FORMS[kind]}`, result.error.issues[0]?.message);
  return result.data;
}

function isKind(kind: string): kind is keyof typeof FORMS {
  return Object.hasOwn(FORMS, kind);
}

function splitSpec(kind: keyof typeof FORMS, rest: string): unknown {
  switch (kind) {
    case 'dir':
      return rest === '' ? {} : { type: 'directory', path: resolve(rest) };
    case 'apt': {
      const [url, suite, components, key, ...more] = rest.split(',');
      if (key === undefined || key === '' || more.length > 0) return {};
      return { type: 'apt', url, suite, components: components?.split('+'), key: resolve(key) };
    }
    case 'deb-src': {
      const [, suite, source, version] = /^([^/]+)\/([^=]+)(?:=(.+))?$/s.exec(rest) ?? [];
      return { type: 'deb-src', suite, source, ...(version === undefined ? {} : { version }) };
    }
  }
}

function refuse(text: string, message: string, hint: string | undefined): KronosError {
  return new KronosError('input/origin', `reading the origin ${JSON.stringify(text)}: ${message}`, {
    hint,
  });
}
