// Manual pages and shell completion, from the same text that --help prints.
import type { PackageFile } from './definition.ts';
import { commandNames, longOptions, parseHelp, type Help } from './help.ts';

/** A program and its help; `called` is `kronos host new` for a command below it. */
export interface Manual {
  program: string;
  /** The section of the manual: 1 for everybody, 8 for administrators. */
  section: 1 | 8;
  summary: string;
  helps: readonly { called: string; text: string }[];
  /** Other pages, as `kronos(1)`. */
  related: readonly string[];
}

/** The page and the completion of a program. `date`: seconds. */
export function manualFiles(manual: Manual, version: string, epoch: number): PackageFile[] {
  const { program, section } = manual;
  return [
    {
      path: `/usr/share/man/man${section}/${program}.${section}.gz`,
      mode: 0o644,
      text: renderManual(manual, version, epoch),
      gzip: true,
    },
    {
      path: `/usr/share/bash-completion/completions/${program}`,
      mode: 0o644,
      text: renderCompletion(manual),
    },
  ];
}

/** The page in the language of man(7). */
export function renderManual(manual: Manual, version: string, epoch: number): string {
  const { program, section, summary, helps, related } = manual;
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  const [first, ...others] = helps.map(({ called, text }) => ({ called, help: parseHelp(text) }));
  if (first === undefined) throw new TypeError(`${program} has no help`);
  return [
    `.TH ${program.toUpperCase()} ${section} ${date} "Kronos ${version}" "Kronos"`,
    '.SH NAME',
    `${roff(program)} \\- ${roff(summary)}`,
    '.SH SYNOPSIS',
    ...first.help.usage.flatMap((line, index) => [...(index === 0 ? [] : ['.br']), roff(line)]),
    '.SH DESCRIPTION',
    ...paragraphs(first.help),
    ...first.help.sections.flatMap(({ title, ...section_ }) => [
      `.SH ${roff(title.toUpperCase())}`,
      ...body(section_),
    ]),
    ...(others.length === 0 ? [] : ['.SH SUB-COMMANDS']),
    ...others.flatMap(({ called, help }) => [
      `.SS ${roff(called)}`,
      ...help.usage.map((line) => `.B ${roff(line)}`),
      ...paragraphs(help).flatMap((line) => (line === '.PP' ? ['.PP'] : [line])),
      ...help.sections.flatMap(({ title, ...section_ }) => [
        '.PP',
        `${roff(title)}:`,
        ...body(section_),
      ]),
    ]),
    ...(related.length === 0
      ? []
      : ['.SH "SEE ALSO"', related.map((page) => `.BR ${page.replace('(', ' (')}`).join(' ,\n')]),
    '',
  ].join('\n');
}

function paragraphs(help: Help): string[] {
  return help.paragraphs.flatMap((paragraph) => ['.PP', roff(paragraph)]);
}

function body({ items, lines }: Pick<Help['sections'][number], 'items' | 'lines'>): string[] {
  if (lines.length > 0) return ['.PP', '.nf', '.RS', ...lines.map(roff), '.RE', '.fi'];
  return items.flatMap(({ term, text }) => ['.TP', `\\fB${roff(term)}\\fR`, roff(text)]);
}

/** Text that man(7) does not take for a request or an escape. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replace(/^\./, '\\&.');
}

/** A completion for bash: sub-commands, then options, then names of files. */
export function renderCompletion({ program, helps }: Manual): string {
  const name = `_${program.replaceAll('-', '_')}`;
  const levels = helps.map(({ called, text }) => {
    const help = parseHelp(text);
    const words = called.split(' ').slice(1).join(' ');
    const commands = commandNames(help);
    return { words, commands, options: longOptions(help) };
  });
  const cases = levels.flatMap(({ words, commands, options }) => [
    `  '${words}')`,
    `    commands='${commands.join(' ')}'`,
    `    options='${[...new Set(options)].join(' ')}'`,
    '    ;;',
  ]);
  return [
    `# Completion of ${program} for bash; made from what --help prints.`,
    `${name}() {`,
    '  local word path= next commands= options=',
    '  local current=${COMP_WORDS[COMP_CWORD]}',
    '  COMPREPLY=()',
    '  # The sub-command that the words before the cursor lead to.',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    next=${path:+$path }$word',
    '    case $next in',
    `    ${
      levels
        .map(({ words }) => words)
        .filter((words) => words !== '')
        .map((words) => `'${words}'`)
        .join(' | ') || "''"
    }) path=$next ;;`,
    '    esac',
    '  done',
    '  case $path in',
    ...cases,
    '  esac',
    '  if [[ $current == -* ]]; then',
    '    COMPREPLY=($(compgen -W "$options" -- "$current"))',
    '  elif [[ -n $commands ]]; then',
    '    COMPREPLY=($(compgen -W "$commands" -- "$current"))',
    '  else',
    '    COMPREPLY=($(compgen -f -- "$current"))',
    '    compopt -o filenames 2>/dev/null',
    '  fi',
    '}',
    `complete -F ${name} ${program}`,
    '',
  ].join('\n');
}
