// The part of a recipe that says how a file tree, or the files of .rpm packages, become .deb packages.
import * as z from 'zod';
import { absolute, glob, line, mode, packageName, unit } from './values.ts';

const RELATION =
  /^[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?(?: \((?:<<|<=|=|>=|>>) [0-9A-Za-z.+~:-]+\))?(?: \| [a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?(?: \((?:<<|<=|=|>=|>>) [0-9A-Za-z.+~:-]+\))?)*$/;

const relations = z
  .array(z.string().regex(RELATION, 'a relation such as "stunnel4" or "libc6 (>= 2.36) | musl"'))
  .default([]);

const groupName = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,30}$/, 'the name of a group, such as rrdmetrics');

const claimItem = z.union([
  glob,
  z.strictObject({
    path: glob.describe('A pattern over the paths.'),
    optional: z.boolean().default(false).describe('It may match nothing.'),
  }),
]);

const splitPackage = z.strictObject({
  name: packageName.describe('The name of the package.'),
  summary: line.describe('One line that says what it is.'),
  optional: z
    .boolean()
    .default(false)
    .describe('It may claim nothing; then it is not made. Its patterns may match nothing.'),
  files: z
    .array(claimItem)
    .default([])
    .describe('The paths that it takes: patterns, or { path, optional }.'),
  except: z.array(glob).default([]).describe('What it does not take although a pattern matches.'),
  directories: z
    .array(
      z.strictObject({
        path: absolute.describe('A directory that is made, empty.'),
        mode: mode.default('0755').describe('Permission bits.'),
      }),
    )
    .default([])
    .describe('Directories that its programs expect.'),
  conffiles: z
    .array(glob)
    .default(['/etc/**'])
    .describe('Files that are kept as the administrator left them when it is upgraded.'),
  units: z
    .array(unit)
    .default([])
    .describe('Units of its files that are enabled when it is installed; none is started.'),
  groups: z
    .array(groupName)
    .default([])
    .describe('System groups that are made when it is installed.'),
  depends: relations.describe(
    'What it needs besides the libraries and interpreters, which are found.',
  ),
  recommends: relations,
  suggests: relations,
  conflicts: relations,
  breaks: relations,
  replaces: relations,
  provides: relations,
});

export const splitSchema = z
  .strictObject({
    paths: z
      .array(
        z.strictObject({
          from: absolute.describe('A path or a directory of the tree.'),
          to: absolute.describe('Where it is in the package; {multiarch} is x86_64-linux-gnu.'),
        }),
      )
      .default([])
      .describe(
        'Paths that change. The first that fits is used; all other keys mean what comes out.',
      ),
    drop: z.array(glob).default([]).describe('Paths of the tree that are left out on purpose.'),
    edits: z
      .array(
        z.strictObject({
          path: glob.describe('The files.'),
          replace: z.string().min(1).describe('A text that is in them; not a pattern.'),
          by: z.string().describe('What comes in its place, everywhere.'),
          optional: z.boolean().default(false).describe('It may change nothing.'),
        }),
      )
      .default([])
      .describe('Texts that change.'),
    modes: z
      .array(
        z.strictObject({
          path: glob.describe('The files or directories.'),
          mode: mode.describe('Permission bits, setuid, setgid and sticky too.'),
        }),
      )
      .default([])
      .describe('Permission bits that differ from those in the tree; the last that fits is used.'),
    links: z
      .array(glob)
      .default([])
      .describe('Symbolic links that may lead to what is not in the tree.'),
    packages: z.array(splitPackage).min(1).describe('The packages.'),
  })
  .describe('How a file tree or .rpm files become packages.');

/** A split with its defaults filled in. */
export type SplitDocument = z.output<typeof splitSchema>;
