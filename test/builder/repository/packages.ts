// Small real packages of both kinds, made by the tools that make all others, and roots to install them into.
import { chmod, copyFile, cp, mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../../src/common/process.ts';

/** A package to be made; it has one file, `/usr/share/NAME/content`. */
export interface Sample {
  name: string;
  version: string;
  /** Names of other packages. */
  depends?: readonly string[];
  /** Runs in the root after the files are there. */
  script?: string;
  content?: string;
  /** A directory whose files it has besides. */
  tree?: string;
  /** For this machine alone; otherwise for all. */
  native?: boolean;
  /** When it was built, in seconds since 1970. */
  date?: number;
  /** What it provides. */
  provides?: string;
}

/** A day on which nothing else here happens. */
export const BUILD_DATE = 1_700_000_000;

async function layOut(sample: Sample, directory: string): Promise<void> {
  const share = join(directory, 'usr/share', sample.name);
  await mkdir(share, { recursive: true });
  await writeFile(join(share, 'content'), sample.content ?? `${sample.name} ${sample.version}\n`);
  if (sample.tree !== undefined)
    await cp(sample.tree, directory, { recursive: true, verbatimSymlinks: true });
}

/** Makes a .deb in `directory`; returns its path. */
export async function makeDebOf(directory: string, sample: Sample): Promise<string> {
  const { name, version, depends = [] } = sample;
  const architecture = sample.native === true ? 'amd64' : 'all';
  const build = join(directory, `build-${name}-${version}`);
  await layOut(sample, build);
  await mkdir(join(build, 'DEBIAN'));
  const control = [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: Kronos Test <test@mirror.example>',
    ...(depends.length > 0 ? [`Depends: ${depends.join(', ')}`] : []),
    `Description: test package ${name}`,
    '',
  ];
  await writeFile(join(build, 'DEBIAN/control'), control.join('\n'));
  if (sample.script !== undefined) {
    const postinst = join(build, 'DEBIAN/postinst');
    await writeFile(postinst, `#!/bin/sh\nset -e\n${sample.script}\n`);
    await chmod(postinst, 0o755);
  }
  const file = join(directory, `${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`);
  await run(['dpkg-deb', '--root-owner-group', '--build', build, file], {
    environment: { SOURCE_DATE_EPOCH: String(sample.date ?? BUILD_DATE) },
    extendEnvironment: true,
  });
  return file;
}

/** Makes an .rpm in `directory`; returns its path. */
export async function makeRpmOf(directory: string, sample: Sample): Promise<string> {
  const { name, version, depends = [] } = sample;
  const top = join(directory, `rpmbuild-${name}-${version}`);
  const tree = join(top, 'TREE');
  await layOut(sample, tree);
  const spec = [
    `Name: ${name}`,
    `Version: ${version}`,
    'Release: 1',
    `Summary: test package ${name}`,
    'License: GPL-2.0-or-later',
    'AutoReqProv: no',
    ...(sample.native === true ? [] : ['BuildArch: noarch']),
    ...(sample.provides === undefined ? [] : [`Provides: ${sample.provides}`]),
    ...depends.map((one) => `Requires: ${one}`),
    '%description',
    `test package ${name}`,
    '%install',
    `cp -a ${tree}/. %{buildroot}/`,
    ...(sample.script === undefined ? [] : ['%post', sample.script]),
    '%files',
    '/*',
    '',
  ];
  const file = join(top, 'package.spec');
  await writeFile(file, spec.join('\n'));
  const macros = {
    _topdir: top,
    _rpmdir: join(top, 'out'),
    _buildhost: 'build.example',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
    debug_package: '%{nil}',
    __os_install_post: '%{nil}',
    _binary_payload: 'w1.gzdio',
  };
  await run(
    [
      ...['rpmbuild', '--quiet', '-bb'],
      ...Object.entries(macros).flatMap(([key, value]) => ['--define', `${key} ${value}`]),
      file,
    ],
    {
      environment: { SOURCE_DATE_EPOCH: String(sample.date ?? BUILD_DATE) },
      extendEnvironment: true,
    },
  );
  const [architecture = ''] = await readdir(join(top, 'out'));
  const [made = ''] = await readdir(join(top, 'out', architecture));
  const target = join(directory, made);
  await copyFile(join(top, 'out', architecture, made), target);
  return target;
}

/** Puts a shell and its libraries below `directory`, so that scripts of packages run in an otherwise empty root. */
export async function makeShellTree(directory: string): Promise<void> {
  const { stdout } = await run(['ldd', '/bin/sh']);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
  for (const path of ['/bin/sh', ...libraries]) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(await realpath(path), target);
    await chmod(target, 0o755);
  }
}

/** The set that the tests install: an application, a library of it, and the shell that its script needs. */
export async function makeSamples(
  directory: string,
  make: (directory: string, sample: Sample) => Promise<string>,
): Promise<string[]> {
  const shell = join(directory, 'shell');
  await makeShellTree(shell);
  const script = 'echo "configured" > /var-app-configured';
  const files = [
    await make(directory, { name: 'kr-lib', version: '1.0' }),
    await make(directory, {
      ...{ name: 'kr-shell', version: '1.0', tree: shell, native: true, provides: '/bin/sh' },
    }),
    await make(directory, {
      ...{ name: 'kr-app', version: '1.0', depends: ['kr-lib', 'kr-shell'], script },
    }),
  ];
  return files;
}
