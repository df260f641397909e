// What is in the packages, as golden files: a change of a dependency, a path or a maintainer script is seen in review.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import * as z from 'zod';
import { parseRelations, satisfies } from '../../../src/builder/apt/relations.ts';
import { controlFiles, debFiles } from '../../../src/builder/package/deb.ts';
import {
  readRpmNames,
  renderSpec,
  rpmFiles,
  rpmRelation,
} from '../../../src/builder/package/rpm.ts';
import { run } from '../../../src/common/process.ts';
import { loadYaml } from '../../../src/common/yaml.ts';
import { compareWithGolden } from '../../golden.ts';
import { MAKER, ourDefinitions, ROOT } from './input.ts';

const DEFINITIONS = await ourDefinitions();
const NAMES = await readRpmNames(join(ROOT, 'packaging/names.yaml'));

for (const definition of DEFINITIONS) {
  test(`control files and file list of ${definition.name}.deb`, async (t) => {
    const files = debFiles(definition, MAKER);
    const parts = [
      ...controlFiles(definition, files, 42, MAKER).map(({ name, text }) => `== ${name}\n${text}`),
      `== files\n${files.map(({ path, mode }) => `${mode.toString(8)} ${path}\n`).join('')}`,
    ];
    await compareWithGolden(t, import.meta.url, `${definition.name}.deb.txt`, parts.join(''));
  });

  test(`spec file of ${definition.name}.rpm`, async (t) => {
    const spec = renderSpec(definition, rpmFiles(definition, MAKER), NAMES, MAKER);
    await compareWithGolden(t, import.meta.url, `${definition.name}.spec`, spec);
  });

  test(`the scripts of ${definition.name} are scripts`, async (t) => {
    const scripts = controlFiles(definition, [], 1, MAKER).filter(({ mode }) => mode === 0o755);
    for (const { text } of scripts) await run(['sh', '-n'], { input: text });
    t.true(scripts.every(({ text }) => text.startsWith('#!/bin/sh\n') && !text.includes('{{')));
  });
}

test('both formats have the same packages and, but for papers, the same files', (t) => {
  const paper = /^\/usr\/share\/(?:doc|licenses|lintian)\//;
  for (const definition of DEFINITIONS) {
    const [deb, rpm] = [debFiles(definition, MAKER), rpmFiles(definition, MAKER)].map((files) =>
      files.map(({ path }) => path).filter((path) => !paper.test(path)),
    );
    t.deepEqual(deb, rpm, definition.name);
  }
});

test('no two packages have the same file, unless they exclude each other', (t) => {
  for (const one of DEFINITIONS) {
    for (const other of DEFINITIONS) {
      if (one === other || one.relations.conflicts?.includes(other.name) === true) continue;
      const paths = new Set(one.files.map(({ path }) => path));
      for (const { path } of other.files) t.false(paths.has(path), `${one.name} ${path}`);
    }
  }
});

const ubuntuSchema = z.strictObject({
  release: z.string(),
  packages: z.array(
    z.union([z.string(), z.strictObject({ name: z.string(), version: z.string() })]),
  ),
  refused: z.record(z.string(), z.string()),
});

test('Ubuntu LTS has what our packages need, or is known not to', async (t) => {
  const file = join(ROOT, 'packaging/ubuntu-24.04.yaml');
  const text = await readFile(file, 'utf8');
  const { packages, refused } = ubuntuSchema.parse(loadYaml(text, file).value);
  const versions = new Map(
    packages.map((item) =>
      typeof item === 'string' ? [item, undefined] : [item.name, item.version],
    ),
  );
  // What an operator's own repository brings.
  const origin = ['xapi-core', 'xapi-xe', 'xenopsd-xc', 'xcp-networkd', 'squeezed', 'xcp-rrdd'];
  const elsewhere = new Set([...origin, 'message-switch', 'forkexecd', 'sm']);
  for (const { name: ours } of DEFINITIONS) elsewhere.add(ours);
  const missing: Record<string, string> = {};
  for (const { name, relations } of DEFINITIONS) {
    for (const field of [...relations.depends, ...(relations.recommends ?? [])]) {
      for (const group of parseRelations(field)) {
        const there = group.some((relation) => {
          if (elsewhere.has(relation.name)) return true;
          if (!versions.has(relation.name)) return false;
          const version = versions.get(relation.name);
          // Who asks for a version must find one in the list.
          return version === undefined
            ? relation.operator === undefined
            : satisfies(version, relation);
        });
        if (!there) missing[name] = group.map((relation) => relation.name).join(' | ');
      }
    }
  }
  t.deepEqual(missing, refused);
});

test('relations in rpm’s words', (t) => {
  const names = { nodejs: 'nodejs', a: 'x', b: 'x', c: 'y', apt: '' };
  t.is(rpmRelation('nodejs (>= 18.19)', names), 'nodejs >= 18.19');
  t.is(rpmRelation('a | b', names), 'x');
  t.is(rpmRelation('a | c', names), '(x or y)');
  t.is(rpmRelation('apt', names), undefined);
  t.throws(() => rpmRelation('unheard-of', names), { message: /no name for unheard-of/ });
});
