// From parsed YAML to typed values: every mistake at once, each at its place, with what would have been right.
import type * as z from 'zod';
import { KronosError, KronosErrors } from './error.ts';
import { shorten } from './format.ts';
import { nearest } from './nearest.ts';
import { keysAt, valueAt } from './schema-path.ts';
import type { Path, YamlDocument } from './yaml.ts';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/**
 * Checks a document against a schema and returns the typed value (defaults filled in).
 *
 * `what` names the document in messages ("the recipe"). Messages that schemas give for patterns say what is expected
 * as a noun phrase ("a package name"); those of refinements are whole sentences. `hide` says where a value may be a
 * secret: no message repeats what is found there, nor a text that stands where a mapping or a list belongs.
 * Errors, all of them in one KronosErrors in the order of the file: `input/unknown-key`, `input/missing-key`,
 * `input/wrong-type`, `input/wrong-value`.
 */
export function validate<T extends z.ZodType>(
  schema: T,
  document: YamlDocument,
  what: string,
  options: { hide?: (path: Path) => boolean } = {},
): z.output<T> {
  const result = schema.safeParse(document.value);
  if (result.success) return result.data;
  const context: Context = { schema, document, what, hide: options.hide };
  const errors: KronosError[] = [];
  for (const issue of result.error.issues) {
    errors.push(...describeIssue(issue, [], context));
    if (errors.length > MOST_MISTAKES) break;
  }
  throw new KronosErrors(limitMistakes(errors.sort(byPlace), document.file));
}

/** Mistakes that are told at once; whoever made more has made them all in the same way. */
const MOST_MISTAKES = 200;

/** The first mistakes of a list, and that there are more. */
export function limitMistakes(errors: readonly KronosError[], file: string): KronosError[] {
  if (errors.length <= MOST_MISTAKES) return [...errors];
  const more = new KronosError('input/many-mistakes', 'there are more mistakes than these', {
    location: { file },
    hint: 'is this the right file?',
  });
  return [...errors.slice(0, MOST_MISTAKES), more];
}

interface Context {
  schema: Schema;
  document: YamlDocument;
  what: string;
  hide: ((path: Path) => boolean) | undefined;
}

function describeIssue(issue: Issue, base: Path, context: Context): KronosError[] {
  const path: Path = [...base, ...(issue.path as (string | number)[])];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys
        .slice(0, MOST_MISTAKES + 1)
        .map((key) => describeUnknownKey(key, path, context));
    case 'invalid_union':
      return describeUnion(issue, path, context);
    case 'invalid_type':
      return [describeType(typeName(issue.expected), path, context)];
    case 'invalid_value': {
      if (valueAt(context.document.value, path) === undefined)
        return [describeType(listOf(issue.values.map(String)), path, context)];
      return [
        describeValue(listOf(issue.values.map(String)), path, context, issue.values.map(String)),
      ];
    }
    case 'invalid_key':
      return [describeBadKey(issue.issues[0]?.message ?? 'another name', path, context)];
    case 'invalid_element':
      return issue.issues.flatMap((inner) => describeIssue(inner, path, context));
    case 'too_small':
      return [
        describeValue(
          describeLimit('at least', Number(issue.minimum), issue.origin),
          path,
          context,
        ),
      ];
    case 'too_big':
      return [
        describeValue(describeLimit('at most', Number(issue.maximum), issue.origin), path, context),
      ];
    case 'not_multiple_of':
      return [describeValue(`a multiple of ${String(issue.divisor)}`, path, context)];
    case 'invalid_format':
      return [describeValue(issue.message, path, context)];
    case 'custom':
      return [
        error('input/wrong-value', `${place(path, context.what)}: ${issue.message}`, path, context),
      ];
  }
}

function describeUnknownKey(key: string, path: Path, context: Context): KronosError {
  const known = keysAt(context.schema, path, context.document.value);
  const guess = nearest(key, known);
  const where =
    path.length === 0 ? `in ${context.what}` : `at ${formatPath(path)} of ${context.what}`;
  return new KronosError('input/unknown-key', `unknown key ${quote(key)} ${where}`, {
    location: context.document.locateKey([...path, key]),
    hint:
      guess === undefined
        ? `the keys here are ${known.join(', ')}`
        : `did you mean ${JSON.stringify(guess)}?`,
  });
}

/** Reports the mistakes against the one alternative that the person most likely meant. */
function describeUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  context: Context,
): KronosError[] {
  if ('discriminator' in issue && issue.discriminator !== undefined) {
    const options = ('options' in issue && Array.isArray(issue.options) ? issue.options : []).map(
      String,
    );
    if (valueAt(context.document.value, path) === undefined)
      return [describeType(listOf(options), path, context)];
    return [describeValue(listOf(options), path, context, options)];
  }
  const rightKind = issue.errors.filter(
    (inner) => !inner.some((one) => one.code === 'invalid_type' && one.path.length === 0),
  );
  const best = rightKind.sort((a, b) => a.length - b.length)[0];
  if (best !== undefined) return best.flatMap((inner) => describeIssue(inner, path, context));
  const kinds = issue.errors.flatMap((inner) =>
    inner.flatMap((one) =>
      one.code === 'invalid_type' && one.path.length === 0 ? [typeName(one.expected)] : [],
    ),
  );
  return [describeType(listOf([...new Set(kinds)]), path, context)];
}

function describeType(expected: string, path: Path, context: Context): KronosError {
  const value = valueAt(context.document.value, path);
  if (value === undefined && path.length > 0) {
    const parent = path.slice(0, -1);
    const where =
      parent.length === 0 ? `in ${context.what}` : `at ${formatPath(parent)} of ${context.what}`;
    return new KronosError(
      'input/missing-key',
      `the key ${JSON.stringify(path.at(-1))} is missing ${where}`,
      {
        location: context.document.locate(parent),
        hint: `add it: ${expected}`,
      },
    );
  }
  const source = context.document.sourceOf(path);
  const quotable =
    expected.split(' or ').includes('a text') && source !== undefined && source !== '';
  const hidden =
    context.hide !== undefined && (context.hide(path) || /^a (?:mapping|list)$/.test(expected));
  return error(
    'input/wrong-type',
    `${place(path, context.what)}: expected ${expected}, found ${describeFound(value, source, hidden)}`,
    path,
    context,
    quotable ? (hidden ? 'quote it' : `quote it: "${shorten(source)}"`) : undefined,
  );
}

function describeValue(
  expected: string,
  path: Path,
  context: Context,
  names: readonly string[] = [],
): KronosError {
  const value = valueAt(context.document.value, path);
  const guess = typeof value === 'string' ? nearest(value, names) : undefined;
  const found = describeFound(value, context.document.sourceOf(path), context.hide?.(path));
  return error(
    'input/wrong-value',
    `${place(path, context.what)}: expected ${expected}, found ${found}`,
    path,
    context,
    guess === undefined ? undefined : `did you mean ${JSON.stringify(guess)}?`,
  );
}

function describeBadKey(expected: string, path: Path, context: Context): KronosError {
  return new KronosError(
    'input/wrong-value',
    `${place(path.slice(0, -1), context.what)}: expected ${expected} as key, found ${quote(String(path.at(-1)))}`,
    { location: context.document.locateKey(path) },
  );
}

function error(
  code: 'input/wrong-type' | 'input/wrong-value',
  message: string,
  path: Path,
  context: Context,
  hint?: string,
): KronosError {
  return new KronosError(code, message, { location: context.document.locate(path), hint });
}

/** What a person typed, in words. */
function describeFound(value: unknown, source: string | undefined, hidden = false): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (hidden) return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
  if (typeof value === 'number') return `the number ${shorten(source ?? String(value))}`;
  if (typeof value === 'boolean') return `the truth value ${source ?? String(value)}`;
  return typeof value === 'string' ? quote(value) : typeof value;
}

function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

function typeName(expected: string): string {
  const names: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
    null: 'nothing',
  };
  return names[expected] ?? expected;
}

function describeLimit(bound: string, limit: number, origin: string): string {
  if (origin === 'array' || origin === 'set') return `a list of ${bound} ${String(limit)}`;
  if (origin === 'string') return `a text of ${bound} ${String(limit)} characters`;
  return `${bound} ${String(limit)}`;
}

function listOf(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? 'another value';
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

function place(path: Path, what: string): string {
  return path.length === 0 ? what : `${formatPath(path)} of ${what}`;
}

/** Characters of a path that a message repeats, the last ones: they say the most. */
const PATH_SHOWN = 360;

/** `packages[0].name`, for people: long names are cut. */
export function formatPath(path: Path): string {
  const text = path
    .map((part, i) =>
      typeof part === 'number' ? `[${String(part)}]` : `${i === 0 ? '' : '.'}${shorten(part)}`,
    )
    .join('');
  return text.length <= PATH_SHOWN ? text : `...${text.slice(-PATH_SHOWN)}`;
}

function byPlace(a: KronosError, b: KronosError): number {
  return (
    (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
    (a.location?.column ?? 0) - (b.location?.column ?? 0)
  );
}
