// Handlebars without its silences: a name that is not there is an error with its place, and nothing is escaped, because
// what is written are configuration files, not web pages.
import Handlebars from 'handlebars';
import { KronosError, KronosErrors } from './error.ts';
import type { Location } from './error.ts';
import { nearest } from './nearest.ts';

export type Variables = Readonly<Record<string, unknown>>;

const handlebars = Handlebars.create();
handlebars.unregisterHelper('log'); // it writes to the terminal
handlebars.registerHelper('eq', (a: unknown, b: unknown) => a === b);
handlebars.registerHelper('json', (value: unknown) => JSON.stringify(value));
handlebars.registerHelper('join', (list: unknown, separator: unknown) => {
  if (!Array.isArray(list) || typeof separator !== 'string')
    throw new TypeError('join wants a list and a text');
  return list.join(separator);
});

/** Names with the number of parameters they take. */
const HELPERS: Readonly<Record<string, number>> = {
  eq: 2,
  json: 1,
  join: 2,
  lookup: 2,
  if: 1,
  unless: 1,
  each: 1,
  with: 1,
};
const BLOCKS: readonly string[] = ['if', 'unless', 'each', 'with'];
const DATA: readonly string[] = ['index', 'key', 'first', 'last', 'root'];

/**
 * Renders a Handlebars template. Helpers: `eq A B`, `join LIST SEPARATOR`, `json VALUE`, `lookup`, and the blocks `if`,
 * `unless`, `each`, `with`. Inside `each` and `with`, variables of the top are `@root.NAME`.
 * Errors, located: `input/template-variable` for every unknown name at once, `input/template-syntax`.
 */
export function renderTemplate(text: string, variables: Variables, file: string): string {
  const program = parse(text, file);
  const problems: KronosError[] = [];
  checkProgram(program, { variables, file, problems, scopes: ['root'], blockParameters: [] });
  if (problems.length > 0) throw new KronosErrors(problems);
  try {
    return handlebars.compile(program, { strict: true, noEscape: true })(variables);
  } catch (error) {
    throw translate(error, file);
  }
}

function parse(text: string, file: string): hbs.AST.Program {
  try {
    return handlebars.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = /^Parse error on line (\d+)/.exec(message)?.[1];
    const position = error as { lineNumber?: number; column?: number };
    const lineNumber = line === undefined ? position.lineNumber : Number(line);
    const summary = message.startsWith('Parse error')
      ? (message.split('\n').at(-1) ?? message)
      : message;
    throw new KronosError(
      'input/template-syntax',
      `this is not a Handlebars template: ${summary}`,
      {
        location: { file, line: lineNumber },
        hint: 'look at the braces and that every {{#block}} has its {{/block}}',
      },
    );
  }
}

interface Check {
  variables: Variables;
  file: string;
  problems: KronosError[];
  /** What `this` is, outermost first: the variables or an item that only the run knows. */
  scopes: readonly ('root' | 'item')[];
  blockParameters: readonly string[];
}

function checkProgram(program: hbs.AST.Program | undefined, check: Check): void {
  for (const statement of program?.body ?? []) checkStatement(statement, check);
}

function checkStatement(statement: hbs.AST.Statement, check: Check): void {
  switch (statement.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return;
    case 'MustacheStatement':
      checkCall(statement as hbs.AST.MustacheStatement, check);
      return;
    case 'BlockStatement':
      checkBlock(statement as hbs.AST.BlockStatement, check);
      return;
    default:
      problem(
        check,
        'input/template-syntax',
        'partials and decorators have no place here',
        statement.loc,
        undefined,
      );
  }
}

function checkBlock(block: hbs.AST.BlockStatement, check: Check): void {
  const name = block.path.original;
  if (!BLOCKS.includes(name)) {
    problem(
      check,
      'input/template-syntax',
      `unknown block ${JSON.stringify(name)}`,
      block.path.loc,
      suggest(name, BLOCKS),
    );
    return;
  }
  checkArguments(block, name, check);
  const opens = name === 'each' || name === 'with';
  checkProgram(block.program, {
    ...check,
    scopes: opens ? [...check.scopes, 'item'] : check.scopes,
    blockParameters: [...check.blockParameters, ...parametersOf(block.program)],
  });
  checkProgram(block.inverse, check);
}

/** The parser leaves `program` out of blocks that have only an {{else}} part. */
function parametersOf(program: hbs.AST.Program | undefined): readonly string[] {
  return program?.blockParams ?? [];
}

type Call = hbs.AST.MustacheStatement | hbs.AST.BlockStatement | hbs.AST.SubExpression;

/** `{{name}}` is a variable; with parameters it is a helper. */
function checkCall(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression, check: Check): void {
  const { path } = call;
  const isCall = call.type === 'SubExpression' || call.params.length > 0;
  if (!isCall || !('parts' in path)) {
    checkExpression(path, check);
    return;
  }
  const name = path.original;
  const names = Object.keys(HELPERS).filter((helper) => !BLOCKS.includes(helper));
  if (!names.includes(name)) {
    problem(
      check,
      'input/template-syntax',
      `unknown helper ${JSON.stringify(name)}`,
      path.loc,
      suggest(name, names),
    );
    return;
  }
  checkArguments(call, name, check);
}

function checkArguments(call: Call, name: string, check: Check): void {
  const wanted = HELPERS[name] ?? 0;
  if (call.params.length !== wanted) {
    const message = `${name} takes ${String(wanted)} ${wanted === 1 ? 'value' : 'values'}, found ${String(call.params.length)}`;
    problem(check, 'input/template-syntax', message, call.loc, undefined);
  }
  for (const parameter of call.params) checkExpression(parameter, check);
  for (const pair of (call.hash as hbs.AST.Hash | undefined)?.pairs ?? []) {
    problem(
      check,
      'input/template-syntax',
      `${name} takes no option ${JSON.stringify(pair.key)}`,
      pair.loc,
      undefined,
    );
  }
}

function checkExpression(expression: hbs.AST.Expression, check: Check): void {
  if (expression.type === 'SubExpression') {
    checkCall(expression as hbs.AST.SubExpression, check);
  } else if (expression.type === 'PathExpression') {
    checkPath(expression as hbs.AST.PathExpression, check);
  }
}

/**
 * Handlebars' own strict mode lets `{{#if name}}` and arguments of helpers pass, so names of the top are looked up here;
 * names inside an item are left to it.
 */
function checkPath(path: hbs.AST.PathExpression, check: Check): void {
  let parts = path.parts;
  let scope = check.scopes[check.scopes.length - 1 - path.depth];
  if (path.data) {
    const name = parts[0] ?? '';
    if (!DATA.includes(name)) {
      problem(
        check,
        'input/template-variable',
        `the template uses the unknown name @${name}`,
        path.loc,
        suggest(name, DATA),
      );
      return;
    }
    if (name !== 'root') return;
    parts = parts.slice(1);
    scope = 'root';
  } else if (path.depth === 0 && check.blockParameters.includes(parts[0] ?? '')) {
    return;
  }
  if (scope === 'item') return;
  let value: unknown = check.variables;
  for (const part of parts) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      const known = typeof value === 'object' && value !== null ? Object.keys(value) : [];
      problem(
        check,
        'input/template-variable',
        `the template uses the unknown variable ${JSON.stringify(path.original)}`,
        path.loc,
        suggest(part, known),
      );
      return;
    }
    value = (value as Record<string, unknown>)[part];
  }
}

function suggest(name: string, known: readonly string[]): string | undefined {
  const guess = nearest(name, known);
  if (guess !== undefined) return `did you mean ${JSON.stringify(guess)}?`;
  return known.length === 0 ? undefined : `there are ${[...known].sort().join(', ')}`;
}

function problem(
  check: Check,
  code: 'input/template-variable' | 'input/template-syntax',
  message: string,
  loc: hbs.AST.SourceLocation,
  hint: string | undefined,
): void {
  check.problems.push(
    new KronosError(code, message, { location: locationOf(check.file, loc), hint }),
  );
}

function locationOf(file: string, loc: hbs.AST.SourceLocation): Location {
  return { file, line: loc.start.line, column: loc.start.column + 1 };
}

/** What only shows while rendering: names inside items, and helpers given the wrong kind of value. */
function translate(error: unknown, file: string): KronosError {
  const message = error instanceof Error ? error.message : String(error);
  const position = error as { lineNumber?: number; column?: number };
  const name =
    /^"(.+)" not defined in/.exec(message)?.[1] ??
    /operator to search for '(.+)' in/.exec(message)?.[1];
  const location: Location = {
    file,
    line: position.lineNumber,
    column: position.column === undefined ? undefined : position.column + 1,
  };
  if (name === undefined) {
    return new KronosError('input/template-syntax', `rendering the template failed: ${message}`, {
      location,
      cause: error,
    });
  }
  return new KronosError(
    'input/template-variable',
    `the template uses the unknown variable ${JSON.stringify(name)}`,
    {
      location,
      hint: 'inside each and with, variables of the top are written @root.NAME',
    },
  );
}
