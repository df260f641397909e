// Every mistake that a person can make in these files, and exactly what is said about it.
import test from 'ava';
import { compareWithGolden } from '../../golden.ts';
import { edition, recipe, refusal, writeTree } from './files.ts';
import type { Files, SelectExtras } from './files.ts';

interface Mistake extends SelectExtras {
  files: Files;
}

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'unknown key': { files: { ...edition(['a']), ...recipe('a', 'packges: [xen]\n') } },
  'unknown key of a package': {
    files: { ...edition(['a']), ...recipe('a', 'packages:\n  - { name: xen, versoin: "1" }\n') },
  },
  'wrong type': { files: { ...edition(['a']), ...recipe('a', 'packages: xen\n') } },
  'version without quotes': {
    files: { ...edition(['a']), ...recipe('a', 'packages:\n  - name: xen\n    version: 4.20\n') },
  },
  'variable without quotes': {
    files: { ...edition(['a'], 'variables:\n  xenVersion: 4.20\n'), ...recipe('a') },
  },
  'mode without quotes': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'files:\n  - { path: /etc/a, content: x, mode: 0644 }\n'),
    },
  },
  'missing key': { files: { ...edition(['a']), 'a/recipe.yaml': 'recipe: a\n' } },
  'duplicate key': {
    files: { ...edition(['a']), ...recipe('a', 'packages: [x1]\nlayer: host\npackages: [y1]\n') },
  },
  'not YAML': { files: { ...edition(['a']), ...recipe('a', 'packages: [x1\nlayer: host\n') } },
  'several mistakes in several recipes': {
    files: {
      ...edition(['a', 'b']),
      ...recipe('a', 'layer: hots\nrequired: [b]\n'),
      ...recipe('b', 'checks: [{ name: c }]\n'),
    },
  },
  'name of another recipe': {
    files: { ...edition(['a']), 'a/recipe.yaml': 'recipe: b\nsummary: s\n' },
  },
  'name of another edition': {
    files: {
      'editions/test.yaml':
        'edition: other\nsummary: s\nsuite: trixie\narchitecture: amd64\nrecipes: [a]\n',
      ...recipe('a'),
    },
  },
  'reserved variable': {
    files: { ...edition(['a'], 'variables: { suite: "x" }\n'), ...recipe('a') },
  },
  'unknown recipe of the edition': {
    files: { ...edition(['openvswich']), ...recipe('openvswitch') },
  },
  'unknown optional recipe': {
    files: { ...edition(['a'], 'optional: [xpai]\n'), ...recipe('a'), ...recipe('xapi') },
  },
  'unknown recipe of --with': {
    files: { ...edition(['a']), ...recipe('a'), ...recipe('firmware') },
    with: ['fimware'],
  },
  'unknown requirement': {
    files: { ...edition(['a']), ...recipe('a', 'requires: [bas]\n'), ...recipe('base') },
  },
  'cyclic requirement': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'requires: [b]\n'),
      ...recipe('b', 'requires: [c]\n'),
      ...recipe('c', 'requires:\n  - b\n'),
    },
  },
  'requirement of itself': { files: { ...edition(['a']), ...recipe('a', 'requires: [a]\n') } },
  'missing template variable': {
    files: {
      ...edition(['a'], 'variables: { brand: Kronos }\n'),
      ...recipe('a', 'files:\n  - { path: /etc/motd, template: files/motd.hbs }\n'),
      'a/files/motd.hbs': 'Welcome\nto {{brnad}}\n{{#if arch}}x{{/if}}\n',
    },
  },
  'broken template': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'files:\n  - { path: /etc/motd, template: files/motd.hbs }\n'),
      'a/files/motd.hbs': '{{#if suite}}\nx\n',
    },
  },
  'source that leads out by ..': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'files:\n  - { path: /etc/x, source: ../b/secret }\n'),
      'b/secret': 's',
    },
  },
  'source that is absolute': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'files:\n  - { path: /etc/x, source: /etc/passwd }\n'),
    },
  },
  'source that is a symbolic link': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'files:\n  - { path: /etc/x, source: files/x }\n'),
      'a/files/x': '-> /etc/passwd',
    },
  },
  'template through a linked directory': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'files:\n  - { path: /etc/x, template: files/passwd }\n'),
      'a/files': '-> /etc',
    },
  },
  'source that is not there': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'files:\n  - { path: /etc/x, source: files/a.cnf }\n'),
      'a/files/a.conf': 'x',
    },
  },
  'source that is a directory': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'files:\n  - { path: /etc/x, source: files }\n'),
      'a/files/a.conf': 'x',
    },
  },
  'both source and content': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'files:\n  - { path: /etc/x, source: a, content: b }\n'),
    },
  },
  'neither source nor content': {
    files: { ...edition(['a']), ...recipe('a', 'files:\n  - { path: /etc/x }\n') },
  },
  'relative target path': {
    files: { ...edition(['a']), ...recipe('a', 'files:\n  - { path: etc/x, content: "" }\n') },
  },
  'bad target paths': {
    files: {
      ...edition(['a']),
      ...recipe(
        'a',
        [
          'files:',
          '  - { path: /etc/../../x, content: "" }',
          '  - { path: /etc/./x, content: "" }',
          '  - { path: /etc//x, content: "" }',
          '  - { path: /lib/x, content: "" }',
          '  - { path: /run/x, content: "" }',
          'links:',
          '  - { path: /etc/x/, target: y }',
          '',
        ].join('\n'),
      ),
    },
  },
  'two recipes write one path': {
    files: {
      ...edition(['a', 'b']),
      ...recipe('a', 'files:\n  - { path: /etc/x, content: "" }\n'),
      ...recipe('b', 'links:\n  - { path: /etc/x, target: y }\n'),
    },
  },
  'a file where another recipe needs a directory': {
    files: {
      ...edition(['a', 'b']),
      ...recipe('a', 'files:\n  - { path: /etc/x/y, content: "" }\n'),
      ...recipe('b', 'links:\n  - { path: /etc/x, target: y }\n'),
    },
  },
  'origin that nobody named': {
    files: { ...edition(['a']), ...recipe('a', 'origin: xapi\npackages: [xapi-core]\n') },
  },
  'origin with a typing mistake': {
    files: { ...edition(['a']), ...recipe('a', 'origin: distributoin\npackages: [bash]\n') },
  },
  'origin that no recipe uses': {
    files: { ...edition(['a']), ...recipe('a'), ...recipe('xapi', 'origin: xapi\n') },
    origins: { xapii: { type: 'directory', path: '/debs' } },
  },
  'origin of a recipe that is not in': {
    files: { ...edition(['a']), ...recipe('a'), ...recipe('xapi', 'origin: xapi\n') },
    origins: { xapi: { type: 'directory', path: '/debs' } },
  },
  'components of a directory': {
    files: { ...edition(['a']), ...recipe('a', 'components: [contrib]\n') },
    origins: { a: { type: 'directory', path: '/debs' } },
  },
  'unknown type of origin': {
    files: {
      ...edition(['a'], 'origins:\n  distribution: { type: distribtuion }\n'),
      ...recipe('a'),
    },
  },
  'regular expression that is none': {
    files: {
      ...edition(['a']),
      ...recipe('a', 'checks:\n  - { name: c, run: [ls], expect: "(" }\n'),
    },
  },
  'command as a text': {
    files: { ...edition(['a']), ...recipe('a', 'checks:\n  - { name: c, run: ls -l }\n') },
  },
};

test('what is said about every mistake', async (t) => {
  const report: string[] = [];
  for (const [title, mistake] of Object.entries(MISTAKES)) {
    report.push(`# ${title}`, await refusal(await writeTree(t, mistake.files), mistake), '');
  }
  const text = report.join('\n');
  t.notRegex(text, /nothing was refused|internal\/defect/);
  await compareWithGolden(t, import.meta.url, 'mistakes.txt', text);
});
