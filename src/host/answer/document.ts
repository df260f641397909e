// docs/answer-files.md: the table of elements and attributes as a page.
import type { AttributeDefinition, ElementDefinition } from './definition.ts';
import { DIALECT_NAMES, TABLE_GROUPS } from './table.ts';

const INTRODUCTION = `# Answer files of XenServer and XCP-ng

\`kronos host import ANSWERFILE.xml\` makes a host file of them. Of every element and attribute it says, with line and
column, that it is _kept_, _changed_, or that it _cannot be kept_ and what to do instead. What no installer knows is an
error, because the installers ignore it without a word; \`--lenient\` makes a note of it.
Made from the table that the importer reads by (\`npm run docs\`); a test holds it in step.

- **Disks** are named by \`path\`, as the answer file does, and \`existing: refuse\` stops the installation where they are
  not empty. Write \`serial\` or \`wwn\` in place of \`path\` (\`kronos host inventory\` shows them), then \`existing: erase\`.
- **Truth values**: only \`true\` and \`yes\` are true; the installers take everything else, also \`1\` and \`on\`, for false,
  and so does the importer.
- **The installer** that a file was written for (\`--dialect\`) decides what a missing \`sr-type\` means. It is told by parts
  that only one of them reads; where there are none, XCP-ng is assumed and a note says so.
- **Passwords** that stand in the file are hashed at once with \`openssl passwd -6\`. They are not in the host file, in a
  note or in an error; neither are users and passwords of URLs.
- **Read as text**: CDATA, which the installers skip. **Not read**: comments. **Refused**: a DOCTYPE, entities, more than
  50 levels, more than 1 MiB, other encodings than UTF-8, UTF-16 and ISO-8859-1.
- **On the kernel command line** and so in no answer file are \`answerfile=\`, \`network_device=\`, \`map_netdev=\`,
  \`device_mapper_multipath=\`, \`extrarepo=\`, \`sshpassword=\` and the like; look there as well when moving to Kronos.
`;

/** The page. */
export function renderAnswerFilesPage(): string {
  const parts = TABLE_GROUPS.map(
    ({ title, elements }) => `## ${title}\n\n${renderTable(elements).join('\n')}\n`,
  );
  return [INTRODUCTION, ...parts].join('\n');
}

function renderTable(elements: readonly ElementDefinition[]): string[] {
  return [
    '| element or attribute | in | holds | left out | means | becomes |',
    '| --- | --- | --- | --- | --- | --- |',
    ...elements.flatMap((element) => [
      row(
        `\`<${element.name}>\``,
        element.parents.map((name) => `\`<${name}>\``).join(', '),
        element,
        (element.aliases ?? []).map((name) => `\`<${name}>\``),
      ),
      ...element.attributes.map((attribute) =>
        row(
          `\`${attribute.name}\``,
          `\`<${element.name}>\``,
          attribute,
          (attribute.aliases ?? []).map((name) => `\`${name}\``),
        ),
      ),
    ]),
  ];
}

function row(
  name: string,
  parent: string,
  definition: ElementDefinition | AttributeDefinition,
  aliases: readonly string[],
): string {
  const also = aliases.length === 0 ? '' : ` (also ${aliases.join(', ')})`;
  const only = definition.only === undefined ? '' : ` Only ${DIALECT_NAMES[definition.only]}.`;
  const cells = [
    `${name}${also}`,
    parent,
    escape(definition.values),
    escape(definition.default),
    `${escape(definition.meaning)}${only}`,
    escape(definition.becomes),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Text with its tags kept visible; what stands between backquotes is visible already. */
function escape(text: string): string {
  return text
    .split('`')
    .map((part, i) => (i % 2 === 0 ? part.replaceAll('<', '&lt;').replaceAll('*', '\\*') : part))
    .join('`')
    .replaceAll('|', '\\|');
}
