// The two file formats as people write them. Editors get them as JSON Schema (json-schema.ts), so every key says what it is.
import * as z from 'zod';
import { splitSchema } from './split-schema.ts';
import {
  absolute,
  architecture,
  argument,
  component,
  glob,
  line,
  mode,
  name,
  packageName,
  unit,
  version,
} from './values.ts';

const MODULE = /^[A-Za-z0-9_-]+$/;

const limits = {
  suites: z.array(name).min(1).optional().describe('Only for editions of these suites.'),
  architectures: z
    .array(architecture)
    .min(1)
    .optional()
    .describe('Only for these Debian architectures.'),
};

const packageItem = z.union([
  packageName,
  z.strictObject({
    name: packageName,
    version: version
      .optional()
      .describe('Exactly this version; otherwise the newest of the origin.'),
    ...limits,
  }),
]);

const fileItem = z
  .strictObject({
    path: absolute.describe('Where the file is in the appliance.'),
    source: line.optional().describe('A file of the recipe, copied as it is.'),
    template: line.optional().describe('A Handlebars template of the recipe.'),
    content: z.string().optional().describe('The text itself, as it is.'),
    mode: mode.default('0644').describe('Permission bits.'),
    ...limits,
  })
  .refine(
    (item) =>
      [item.source, item.template, item.content].filter((one) => one !== undefined).length === 1,
    {
      error: 'a file has exactly one of the keys source, template and content',
    },
  );

const linkItem = z.strictObject({
  path: absolute.describe('Where the symbolic link is in the appliance.'),
  target: line.describe('What it points to.'),
  ...limits,
});

const checkItem = z.strictObject({
  name: name.describe('What a report calls the check.'),
  run: z.array(z.string()).min(1).describe('The command as a list of arguments; no shell.'),
  expect: z
    .string()
    .refine(isRegularExpression, { error: 'this is not a regular expression' })
    .optional()
    .describe(
      'A regular expression that the output, standard error included, must match somewhere (flag m: ^ and $ are those of a line), besides exit code 0.',
    ),
  where: z
    .enum(['xen', 'native', 'always'])
    .default('always')
    .describe('Under Xen, without it, or both.'),
  timeout: z.int().min(1).max(600).default(30).describe('Seconds.'),
});

export const recipeSchema = z
  .strictObject({
    recipe: name.describe('The name; the same as that of the directory.'),
    summary: line.describe('One line for `kronos recipes`.'),
    layer: z
      .enum(['host', 'live', 'tools'])
      .default('host')
      .describe(
        'host: in every host. live: only on the medium. tools: only on the machine that builds.',
      ),
    requires: z.array(name).default([]).describe('Recipes that come along, before this one.'),
    origin: name
      .default('distribution')
      .describe('The origin of the edition or of --origin that has the packages.'),
    components: z
      .array(component)
      .default([])
      .describe(
        'Components of that origin to use besides those of the edition, such as non-free-firmware.',
      ),
    packages: z
      .array(packageItem)
      .default([])
      .describe('Packages by name; what they depend on comes along.'),
    files: z.array(fileItem).default([]).describe('Files of the appliance that no package brings.'),
    links: z.array(linkItem).default([]).describe('Symbolic links.'),
    exclude: z.array(glob).default([]).describe('What is left out when packages are unpacked.'),
    include: z.array(glob).default([]).describe('What stays although an exclude matches.'),
    remove: z.array(glob).default([]).describe('What is removed after packages are configured.'),
    generated: z
      .array(
        z.strictObject({
          path: glob,
          by: packageName.describe('The package whose programs make it.'),
        }),
      )
      .default([])
      .describe('Files that no package lists, and the package that makes them.'),
    xen: z
      .strictObject({ arguments: z.array(argument).default([]) })
      .prefault({})
      .describe('Boot arguments of Xen.'),
    kernel: z
      .strictObject({
        arguments: z.array(argument).default([]).describe('Boot arguments of Linux.'),
        modules: z
          .array(z.string().regex(MODULE, 'the name of a kernel module'))
          .default([])
          .describe('Modules loaded at boot.'),
        initrd: z
          .array(
            z
              .string()
              .regex(
                /^(?:[A-Za-z0-9_-]+|=[a-z0-9/_-]+)$/,
                'a kernel module or =directory of drivers',
              ),
          )
          .default([])
          .describe(
            'Modules that the initrd holds: names, or =directory below the kernel module directory.',
          ),
      })
      .prefault({}),
    services: z
      .strictObject({
        enable: z.array(unit).default([]),
        disable: z.array(unit).default([]),
        mask: z.array(unit).default([]),
      })
      .prefault({})
      .describe('What systemd starts.'),
    state: z
      .array(absolute)
      .default([])
      .describe('Paths that hold state; upgrades carry them over.'),
    checks: z.array(checkItem).default([]).describe('What must hold in the booted appliance.'),
    split: splitSchema
      .optional()
      .describe('How `kronos package component` makes packages of a file tree or of .rpm files.'),
  })
  .describe('A recipe of Kronos: one component of the appliance.');

const url = z.string().refine((text) => ['http:', 'https:', 'file:'].includes(protocolOf(text)), {
  error: 'this is not an http, https or file URL',
});

export const originSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('distribution'),
    components: z.array(component).min(1).default(['main']),
  }),
  z.strictObject({
    type: z.literal('apt'),
    url: url.describe('Where dists/ is.'),
    suite: z.string().regex(/^[A-Za-z0-9./_-]+$/, 'the name of a suite'),
    components: z.array(component).min(1),
    key: line.describe('The file of the OpenPGP key that signs it, relative to the edition.'),
  }),
  z.strictObject({
    type: z.literal('directory'),
    path: line.describe('A directory of .deb files.'),
  }),
  z.strictObject({
    type: z.literal('deb-src'),
    suite: name.describe('The suite that has the source package.'),
    source: packageName.describe('The name of the source package.'),
    version: version.optional(),
  }),
]);

export const editionSchema = z
  .strictObject({
    edition: name.describe('The name; the same as that of the file.'),
    summary: line.describe('One line for `kronos recipes`.'),
    suite: name.describe('The Debian suite, such as trixie.'),
    architecture: architecture.describe('The Debian architecture.'),
    recipes: z
      .array(name)
      .min(1)
      .describe('What is in the appliance; what these require comes along.'),
    optional: z.array(name).default([]).describe('What --with, or an --origin of its own, adds.'),
    origins: z
      .record(name, originSchema)
      .default({ distribution: { type: 'distribution', components: ['main'] } })
      .describe('Where packages come from. An origin named like a recipe feeds that recipe.'),
    variables: z
      .record(z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'a name such as brand'), z.string())
      .default({})
      .describe('For templates.'),
  })
  .describe('An edition of Kronos: recipes, suite, architecture and branding.');

export type RecipeDocument = z.output<typeof recipeSchema>;

function isRegularExpression(text: string): boolean {
  try {
    new RegExp(text, 'm');
    return true;
  } catch {
    return false;
  }
}

function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : '';
}
