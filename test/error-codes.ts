// Finds every error code in the sources, with what its messages and hints say: the material of docs/errors.md.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { EXIT_CODES, type ErrorClass } from '../src/common/error.ts';
import { listFiles } from '../src/common/files.ts';

export interface ErrorCode {
  code: string;
  /** Messages with an ellipsis for what differs from case to case. */
  messages: string[];
  hint: string | undefined;
}

const CODE = /^(input|dependency|io|host|verification|internal|interrupted)\/[a-z0-9-]+$/;

const MEANINGS: Readonly<Record<ErrorClass, string>> = {
  input: 'Something that was given is wrong: an option, a recipe, a lock, a host file.',
  dependency: 'A program or a package that is needed is not there.',
  io: 'Reading, writing, fetching or running something failed; trying again may help.',
  host: 'This machine cannot do it in the state that it is in.',
  verification:
    'Something is not what its digest, signature or manifest says, or a check did not hold.',
  internal: 'A defect in Kronos.',
  interrupted: 'Stopped by Ctrl-C or a signal; running the command again goes on from there.',
};

/** All codes of src/ and of the launcher, sorted. */
export async function findErrorCodes(root: string): Promise<ErrorCode[]> {
  const found = new Map<string, ErrorCode>();
  const add = (code: string, message?: string, hint?: string): void => {
    const entry = found.get(code) ?? { code, messages: [], hint: undefined };
    if (message !== undefined && !entry.messages.includes(message)) entry.messages.push(message);
    entry.hint ??= hint;
    found.set(code, entry);
  };
  for (const path of await listFiles(join(root, 'src'))) {
    if (!path.endsWith('.ts')) continue;
    const text = await readFile(join(root, 'src', path), 'utf8');
    readSource(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true), add);
  }
  const launcher = await readFile(join(root, 'kronos'), 'utf8');
  for (const [, code = '', message, hint] of launcher.matchAll(
    /fail ([a-z]+\/[a-z-]+) \d+ "([^"]*)"\s*\\?\s*"([^"]*)"/g,
  )) {
    add(code, withoutVariables(message ?? ''), withoutVariables(hint ?? ''));
  }
  return [...found.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

function withoutVariables(text: string): string {
  return text.replace(/\$\{?[a-zA-Z_]+\}?/g, '…');
}

function readSource(
  source: ts.SourceFile,
  add: (code: string, message?: string, hint?: string) => void,
): void {
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
      const [first, second, third] = node.arguments ?? [];
      if (first !== undefined && ts.isStringLiteral(first) && CODE.test(first.text)) {
        add(first.text, second && textOf(second), third && hintOf(third));
      }
    }
    if (ts.isStringLiteral(node) && CODE.test(node.text)) add(node.text);
    // `verify` makes its codes of the names of problems.
    if (ts.isInterfaceDeclaration(node) && node.name.text === 'Problem') {
      for (const name of literalsOf(node)) add(`verification/${name}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

function literalsOf(problem: ts.InterfaceDeclaration): string[] {
  const name = problem.members.find((member) => member.name?.getText() === 'name');
  if (name === undefined || !ts.isPropertySignature(name) || name.type === undefined) return [];
  const types = ts.isUnionTypeNode(name.type) ? name.type.types : [name.type];
  return types.flatMap((type) =>
    ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : [],
  );
}

/** A literal or template as text with an ellipsis for each value, or undefined where it is worked out elsewhere. */
function textOf(node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join('');
}

function hintOf(options: ts.Expression): string | undefined {
  if (!ts.isObjectLiteralExpression(options)) return undefined;
  const hint = options.properties.find((property) => property.name?.getText() === 'hint');
  return hint !== undefined && ts.isPropertyAssignment(hint) ? textOf(hint.initializer) : undefined;
}

/** docs/errors.md. */
export function renderErrors(codes: readonly ErrorCode[]): string {
  const lines = [
    '# Errors and exit codes',
    '',
    'Every failure has a code `CLASS/NAME` that does not change from one version to the next. The class decides the exit',
    'code. With `--json` the failure is a document `{"error": {"code", "message", "hint", "location", ...}}`.',
    'Made from the sources by `npm run docs`; a test holds that every code is here. `…` stands for names and values.',
    '',
    '| exit code | class | meaning |',
    '| --- | --- | --- |',
    '| 0 | | all went well |',
    '| 1 | | the answer is no: `kronos diff` found differences, `kronos lock --check` a missing security update |',
    ...Object.entries(EXIT_CODES).map(
      ([name, exit]) => `| ${exit} | ${name} | ${MEANINGS[name as ErrorClass]} |`,
    ),
  ];
  for (const name of Object.keys(EXIT_CODES)) {
    const own = codes.filter(({ code }) => code.startsWith(`${name}/`));
    if (own.length === 0) continue;
    lines.push('', `## ${name}`, '', '| code | says | what helps |', '| --- | --- | --- |');
    for (const { code, messages, hint } of own) {
      const said = messages.map(cell).join('<br>');
      lines.push(`| \`${code}\` | ${said} | ${cell(hint ?? '')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' ').trim();
}

/** The codes that a page made by `renderErrors` lists. */
export function listedCodes(page: string): string[] {
  return [...page.matchAll(/^\| `([a-z]+\/[a-z0-9-]+)` \|/gm)].map(([, code]) => code ?? '');
}
