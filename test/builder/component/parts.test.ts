// The small pure parts: versions, headers, readelf's output, contents, interpreters, edits, dpkg-shlibdeps.
import test from 'ava';
import fc from 'fast-check';
import { compareVersions } from '../../../src/builder/apt/version.ts';
import { editContent } from '../../../src/builder/component/edits.ts';
import { parseReadelf } from '../../../src/builder/component/elf.ts';
import { findTaken, resolvePrograms } from '../../../src/builder/component/libraries.ts';
import { interpreterOf, linkerDirectories } from '../../../src/builder/component/programs.ts';
import { debianVersion, readScriptlets } from '../../../src/builder/component/rpm-header.ts';
import { readShlibdeps } from '../../../src/builder/component/shlibdeps.ts';
import { parseContentsLine, selectFiles } from '../../../src/builder/component/suite-files.ts';
import { formatError, type KronosError } from '../../../src/common/error.ts';
import { compareWithGolden } from '../../golden.ts';
import { entry, plan } from './entries.ts';

test('versions of rpm keep their order in Debian', (t) => {
  t.is(debianVersion(0, '26.1.3', '1.14.xcpng8.3'), '26.1.3-1.14.xcpng8.3');
  t.is(debianVersion(2, '1.0~rc1', '1_2'), '2:1.0~rc1-1.2');
  const rising = ['1.0~rc1', '1.0', '1.0^git1', '1.0.1', '1.1'];
  const versions = rising.map((version) => debianVersion(0, version, '1'));
  versions.slice(1).forEach((version, index) => {
    t.is(compareVersions(version, versions[index] ?? ''), 1, version);
  });
});

test('scriptlets are read with what runs them', (t) => {
  const none = '(none)';
  const fields = [none, none, 'echo a\n', '/bin/sh', none, none, none, '/sbin/ldconfig'];
  while (fields.length < 14) fields.push(none);
  t.deepEqual(readScriptlets([...fields, 'on change\v', '', '']), [
    { kind: 'postinstall', program: '/bin/sh', text: 'echo a' },
    { kind: 'postuninstall', program: '/sbin/ldconfig', text: '' },
    { kind: 'trigger', program: '/bin/sh', text: 'on change' },
  ]);
});

test('the output of readelf is read', (t) => {
  const object = parseReadelf(`ELF Header:
  Class:                             ELF64
  Machine:                           Advanced Micro Devices X86-64
      [Requesting program interpreter: /lib64/ld-linux-x86-64.so.2]
Dynamic section at offset 0x2d90 contains 29 entries:
 0x0000000000000001 (NEEDED)             Shared library: [libz.so.1]
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x000000000000000e (SONAME)             Library soname: [libprobe.so.1]
 0x000000000000001d (RUNPATH)            Library runpath: [$ORIGIN/../lib:/opt/lib]
`);
  t.deepEqual(object, {
    machine: 'Advanced Micro Devices X86-64',
    bits: 64,
    needed: ['libz.so.1', 'libc.so.6'],
    soname: 'libprobe.so.1',
    runpath: ['$ORIGIN/../lib', '/opt/lib'],
    interpreter: '/lib64/ld-linux-x86-64.so.2',
  });
  t.is(
    parseReadelf('ELF Header:\n  Class: ELF32\nThere is no dynamic section in this file.\n'),
    undefined,
  );
});

test('interpreters and directories of the linker', (t) => {
  t.is(interpreterOf('#!/bin/sh\n'), '/bin/sh');
  t.is(interpreterOf('#! /usr/bin/python3 -u\n'), '/usr/bin/python3');
  t.is(interpreterOf('#!/usr/bin/env python3\nx'), 'python3');
  t.is(interpreterOf('#!/usr/bin/env -S A=1 bash -e\n'), 'bash');
  t.is(interpreterOf('# /bin/sh'), undefined);
  t.deepEqual(linkerDirectories('# mine\n/opt/lib/ # there\ninclude x\n'), ['/opt/lib']);
});

test('contents of a suite are read piece by piece', async (t) => {
  t.deepEqual(parseContentsLine('bin/bash \t shells/bash'), {
    path: '/usr/bin/bash',
    packages: ['bash'],
  });
  t.deepEqual(parseContentsLine('usr/share/a b  x/one,contrib/y/two'), {
    path: '/usr/share/a b',
    packages: ['one', 'two'],
  });
  const text =
    'lib/x86_64-linux-gnu/libz.so.1  libs/zlib1g\nusr/lib32/libz.so.1 libs/lib32z1\nbin/b s/b';
  for (const size of [1, 7, 1000]) {
    const pieces = async function* () {
      for (let at = 0; at < text.length; at += size) {
        yield await Promise.resolve(text.slice(at, at + size));
      }
    };
    t.deepEqual(
      [...(await selectFiles(pieces(), new Set(['libz.so.1', 'b'])))],
      [
        ['/usr/lib/x86_64-linux-gnu/libz.so.1', ['zlib1g']],
        ['/usr/lib32/libz.so.1', ['lib32z1']],
        ['/usr/bin/b', ['b']],
      ],
    );
  }
});

test('an edit replaces a text everywhere and leaves all other bytes alone', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.uint8Array({ maxLength: 6 }), fc.constant('old'))),
      (parts) => {
        const join = (word: string) =>
          Buffer.concat(
            parts.map((part) => (part === 'old' ? Buffer.from(word) : Buffer.from(part))),
          );
        const before = join('old');
        const { content, times } = editContent(before, 'old', 'ünew');
        t.is(editContent(content, 'ünew', 'old').content.compare(before), 0);
        t.true(times >= parts.filter((part) => part === 'old').length);
      },
    ),
  );
});

test('libraries come from the packages themselves, then from the suite; what is missing is named', async (t) => {
  const { packages } = plan(
    `recipe: p
split:
  packages:
    - { name: tools, summary: T, files: [/usr/bin/*, /opt/p/**], depends: [special-z] }
    - { name: lib, summary: L, files: ["/usr/lib/{multiarch}/*"] }
`,
    ['/usr/bin/a', '/usr/bin/b', '/opt/p/lib/libown.so', '/usr/lib/x86_64-linux-gnu/libl.so.1'].map(
      (path) => entry(path),
    ),
  );
  const elf = (path: string, owner: string, needed: string[], more = {}) => ({
    ...{ path, package: owner, needed, bits: 64 as const, runpath: ['$ORIGIN/../../opt/p/lib'] },
    machine: 'Advanced Micro Devices X86-64',
    ...more,
  });
  const findings: KronosError[] = [];
  const resolved = resolvePrograms(
    packages,
    {
      objects: [
        elf('/usr/bin/a', 'tools', ['libl.so.1', 'libown.so', 'libz.so.1', 'libgone.so.3']),
        elf('/usr/bin/b', 'tools', ['libgone.so.3', 'libc.so.6'], { machine: 'AArch64' }),
      ],
      scripts: [
        { path: '/opt/p/s', package: 'tools', interpreter: '/usr/bin/python3' },
        { path: '/opt/p/t', package: 'tools', interpreter: '/bin/bash' },
        { path: '/opt/p/u', package: 'tools', interpreter: 'node-not-there' },
        { path: '/opt/p/v', package: 'lib', interpreter: '/usr/bin/a' },
      ],
      libraryDirectories: [],
    },
    {
      files: new Map([
        ['/usr/lib/x86_64-linux-gnu/libz.so.1', ['a-z', 'special-z']],
        ['/usr/lib/x86_64-linux-gnu/libc.so.6', ['libc6']],
        ['/usr/bin/python3', ['python3-minimal']],
        ['/usr/bin/bash', ['bash']],
      ]),
      has: () => true,
      isEssential: (name) => name === 'bash',
    },
    { suite: 'trixie', architecture: 'amd64' },
    findings,
  );
  t.deepEqual([...resolved.libraryPackages], ['special-z', 'libc6']);
  t.deepEqual([...(resolved.interpreters.get('tools') ?? [])], ['python3']);
  t.deepEqual([...(resolved.siblings.get('tools') ?? [])], ['lib']);
  t.deepEqual([...(resolved.siblings.get('lib') ?? [])], ['tools']);
  const suite = new Map([
    ['/usr/bin/a', ['another', 'tools']],
    ['/usr/bin/b', ['tools']],
  ]);
  t.deepEqual(findTaken(packages, suite), [
    { path: '/usr/bin/a', package: 'tools', by: ['another'] },
  ]);
  const text = findings.map((finding) => `${formatError(finding)}\n`).join('');
  await compareWithGolden(t, import.meta.url, 'missing.txt', text);
});

test('what dpkg-shlibdeps says becomes an error that names file and library', (t) => {
  const one = { name: 'p', programs: ['/usr/bin/a'] };
  const missing = readShlibdeps(
    "dpkg-shlibdeps: error: cannot find library libx.so.1 needed by debian/p/usr/bin/a (ELF format: 'elf64')\n",
    255,
    one,
    'trixie',
  );
  t.is(missing?.code, 'dependency/library-missing');
  t.regex(missing?.message ?? '', /\/usr\/bin\/a: libx\.so\.1/);
  const symbol = readShlibdeps(
    'dpkg-shlibdeps: warning: symbol new@GLIBC_2.99 used by debian/p/usr/bin/a found in none of the libraries\n',
    0,
    one,
    'bookworm',
  );
  t.is(symbol?.code, 'dependency/symbol-missing');
  t.regex(symbol?.message ?? '', /\/usr\/bin\/a: new@GLIBC_2\.99/);
  const plugin = (path: string) =>
    `dpkg-shlibdeps: warning: debian/p${path} contains an unresolvable reference to symbol other: it's probably a plugin\n`;
  t.is(readShlibdeps(plugin('/opt/p/plugin.so'), 0, one, 'x'), undefined);
  t.regex(
    readShlibdeps(plugin('/usr/bin/a'), 0, one, 'x')?.message ?? '',
    /they lack:\n {4}\/usr\/bin\/a: other$/,
  );
  t.is(readShlibdeps('dpkg-shlibdeps: warning: it is probably a plugin\n', 0, one, 'x'), undefined);
  t.is(readShlibdeps('dpkg-shlibdeps: error: other\n', 2, one, 'x')?.code, 'io/package-build');
});
