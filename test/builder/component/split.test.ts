import test from 'ava';
import fc from 'fast-check';
import { formatError, KronosError } from '../../../src/common/error.ts';
import type { TreeEntry } from '../../../src/builder/component/entry.ts';
import { compareWithGolden } from '../../golden.ts';
import { entry, formatPlan, plan } from './entries.ts';

const RECIPE = `recipe: probe
split:
  paths:
    - { from: /usr/lib64/xen, to: /usr/lib64/xen }
    - { from: /usr/lib64, to: "/usr/lib/{multiarch}" }
  drop: ["/**/*.pyc"]
  modes:
    - { path: /usr/bin/helper, mode: "04755" }
  links: [/usr/bin/outside]
  packages:
    - name: probe-tools
      summary: Programs
      files: [/usr/bin/*, /etc/probe/**, { path: /not/there, optional: true }, /usr/lib/systemd/system/*]
      except: [/usr/bin/other]
      units: [probe.service, probe@one.service]
      directories: [{ path: /var/lib/probe/state, mode: "0700" }]
    - name: libprobe1
      summary: Library
      files: ["/usr/lib/{multiarch}/*", /usr/lib64/xen/**, /usr/bin/other]
    - { name: extra, summary: Perhaps, optional: true, files: [/extra] }
`;

test('a tree becomes packages: moved paths, kept links, narrower modes, directories', async (t) => {
  const made = plan(RECIPE, [
    ...['/etc/', '/etc/probe/', '/etc/probe/empty/', '/usr/', '/usr/bin/'].map((path) =>
      entry(path),
    ),
    entry('/lib -> usr/lib'),
    entry('/etc/probe/probe.conf', { mode: 0o660 }),
    entry('/etc/probe/secret', { mode: 0o600 }),
    entry('/bin/probe', { mode: 0o775 }),
    entry('/usr/bin/helper', { mode: 0o755 }),
    entry('/usr/bin/other'),
    entry('/usr/bin/outside -> /opt/another/program'),
    entry('/usr/bin/library -> ../lib64/libprobe.so.1'),
    entry('/usr/bin/absolute -> /lib64/libprobe.so.1'),
    entry('/lib/systemd/system/probe.service'),
    entry('/lib/systemd/system/probe@.service'),
    entry('/lib/systemd/system/never.service -> /dev/null'),
    entry('/usr/lib64/libprobe.so.1.0'),
    entry('/usr/lib64/libprobe.so.1 -> libprobe.so.1.0'),
    entry('/usr/lib64/xen/bin/wrapper'),
    entry('/usr/bin/probe.pyc'),
    entry('/gone/only.pyc'),
    entry('/gone/'),
  ]);
  await compareWithGolden(t, import.meta.url, 'plan.txt', formatPlan(made));
});

test('whatever stands against a split is told at once', async (t) => {
  const error = t.throws(() =>
    plan(RECIPE.replace('except: [/usr/bin/other]', 'except: []'), [
      entry('/usr/bin/probe'),
      entry('/bin/probe'),
      entry('/usr/bin/other'),
      entry('/usr/bin/su', { mode: 0o4755 }),
      entry('/usr/bin/up -> ../../../etc/passwd'),
      entry('/usr/bin/lost -> /home/somebody/dest/usr/bin/probe'),
      entry('/dev/probe', { type: 'character', file: undefined }),
      entry('/run/probe', { type: 'fifo', file: undefined }),
      entry('/etc/line\nbreak'),
      entry('/etc/probe/conf -> /usr/bin/probe'),
      entry('/etc/probe/conf/below'),
      entry('/opt/a/1'),
      entry('/opt/a/b/2'),
      entry('/usr/share/one'),
    ]),
  );
  await compareWithGolden(t, import.meta.url, 'mistakes.txt', `${formatError(error)}\n`);
});

test('only what is asked for is planned, and names are checked', (t) => {
  const entries = [entry('/usr/bin/other'), entry('/usr/lib64/a'), entry('/usr/lib64/xen/b')];
  t.deepEqual(
    plan(RECIPE, entries, ['libprobe1']).packages.map(({ name }) => name),
    ['libprobe1'],
  );
  t.throws(() => plan(RECIPE, entries, ['libprob1']), {
    code: 'input/unknown-package',
    instanceOf: KronosError,
  });
});

test('a package that takes nothing is an error unless it may', (t) => {
  const optional = (more: string) => `recipe: a
split:
  packages:
    - { name: aa, summary: A, files: [/a] }
    - { name: bb, summary: B, files: [{ path: /b, optional: true }]${more} }
`;
  t.throws(() => plan(optional(''), [entry('/a')]), { code: 'input/claims-nothing' });
  t.is(plan(optional(', optional: true'), [entry('/a')]).packages.length, 1);
});

const segment = fc.constantFrom('a', 'b', 'c', 'd');
const paths = fc
  .uniqueArray(
    fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
    { maxLength: 12 },
  )
  // A path is a file or a directory, not both.
  .map((all) => all.filter((one) => !all.some((other) => other.startsWith(`${one}/`))));
const globs = fc.constantFrom('/a/**', '/b/**', '/*', '/a/b/*', '/c/**', '/**/d', '/a');

test('every path goes into exactly one package, or the plan says which do not', (t) => {
  fc.assert(
    fc.property(
      paths,
      fc.array(globs, { maxLength: 3 }),
      fc.array(globs, { maxLength: 3 }),
      (all, one, two) => {
        const list = (name: string, files: readonly string[]) =>
          `    - { name: ${name}, summary: S, optional: true, files: ${JSON.stringify(files)} }\n`;
        const yaml = `recipe: p\nsplit:\n  packages:\n${list('one', one)}${list('two', two)}`;
        const entries: TreeEntry[] = all.map((path) => entry(path));
        try {
          const { packages } = plan(yaml, entries);
          const taken = packages.flatMap(({ files }) =>
            files.filter(({ type }) => type === 'file').map(({ path }) => path),
          );
          t.deepEqual(taken.sort(), [...all].sort());
          // Directories above every file are in the same package.
          for (const { files } of packages) {
            const there = new Set(files.map(({ path }) => path));
            for (const { path } of files) {
              const parent = path.slice(0, path.lastIndexOf('/'));
              t.true(parent === '' || there.has(parent), path);
            }
          }
        } catch (error) {
          t.true(error instanceof KronosError, String(error));
          t.regex((error as KronosError).code, /^input\/(?:unclaimed-paths|claimed-twice)$/);
        }
      },
    ),
  );
});
