// What maintainer scripts call over and over although once at the end, or never, gives the same tree: a third of the
// time that packages take to configure.
import { copyFile, readFile, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../common/files.ts';
import { replaceProgram, replacePrograms, runInTree, writeInTree } from '../sandbox/tree.ts';
import { AUTHORITIES, UPDATE_AUTHORITIES, updateAuthorities } from './authorities.ts';

/**
 * Programs whose results are caches or are made once at the end. Python itself is among them because its own packages
 * compile the standard library without py3compile; byte code is a cache of 10 MB that carries no information.
 * invoke-rc.d would ask policy-rc.d, which says no, for every service. Host keys name one machine and would be removed
 * again. MAINTENANCE is below.
 */
const SILENCED =
  /^(py3compile|python3\.\d+|update-initramfs|mandb|invoke-rc\.d|ssh-keygen|dpkg-maintscript-helper)$/;

/** UPDATE_AUTHORITIES is called twice by its package, each time for all of its work; this says that it was called at all. */
const ONCE_MARK = '/run/kronos-once';

/** Asked for each package whether it is one part of several; fails where it is not. */
const SPLIT = '/usr/bin/dpkg-split';

/** What moves files of an older version of a package: in a new tree there is none, and it does nothing. */
const MAINTENANCE = '/usr/bin/dpkg-maintscript-helper';

const UNITS = '/usr/bin/deb-systemd-helper';
const REAL_UNITS = '/run/kronos-systemd-helper';
/** It refuses to run for anybody but dpkg. */
const FOR_UNITS = { DPKG_MAINTSCRIPT_PACKAGE: 'systemd' };
const UNITS_LOG = '/run/kronos-units';

/**
 * Stands for deb-systemd-helper, which is Perl and is started three times for each unit. In a new tree nothing is
 * masked, every unit counts as enabled before, and none is known yet; what changes something is noted and done at the
 * end in one run. Whatever else is asked is answered by the real one, after what was noted.
 */
const UNITS_SCRIPT = `#!/bin/sh
flush() {
	[ -s ${UNITS_LOG} ] || return
	for action in enable update-state '--user enable' '--user update-state'; do
		units=$(sed -n "s/^$action //p" ${UNITS_LOG})
		[ -z "$units" ] || ${REAL_UNITS} $action $units
	done
	: >${UNITS_LOG}
}
known() { grep -qs " $1\\$" ${UNITS_LOG} || [ -e "/var/lib/systemd/deb-systemd-helper-enabled/$1.dsh-also" ]; }
user=
[ "$1" != --user ] || { user='--user '; shift; }
quiet=$1
[ "$1" != --quiet ] || shift
[ "$1" != --user ] || { user='--user '; shift; }
case "$#:$1" in
2:unmask) [ -e /var/lib/systemd/deb-systemd-helper-masked ] || exit 0 ;;
2:was-enabled) known "$2" || exit 0 ;;
2:debian-installed) known "$2" || exit 1 ;;
2:enable | 2:update-state) echo "$user$1 $2" >>${UNITS_LOG}; exit 0 ;;
esac
flush
[ "$quiet" != --quiet ] || set -- --quiet "$@"
exec ${REAL_UNITS} $user"$@"
`;

/** The same for what dpkg and scripts before unpacking call; what is returned puts the real ones back. */
export async function deferForUnpacking(tree: string): Promise<() => Promise<void>> {
  return replacePrograms(
    tree,
    new Map([
      [SPLIT, '/usr/bin/false'],
      [MAINTENANCE, '/usr/bin/true'],
    ]),
  );
}

/**
 * Puts programs that do nothing, or only take notes, in their places. What is returned puts the real ones back and does
 * what was noted. Errors: those of the programs.
 */
export async function deferPrograms(
  tree: string,
  environment: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const restore: (() => Promise<void>)[] = [];
  for (const directory of ['/usr/bin', '/usr/sbin']) {
    const names = (await readdir(join(tree, directory))).filter((name) => SILENCED.test(name));
    const silent = names.map((name) => [join(directory, name), '/usr/bin/true'] as const);
    restore.push(await replacePrograms(tree, new Map(silent)));
  }
  if (await exists(join(tree, UPDATE_AUTHORITIES))) {
    await writeInTree(tree, `${ONCE_MARK}.sh`, `#!/bin/sh\n: >${ONCE_MARK}\n`, 0o755);
    restore.push(await replaceProgram(tree, UPDATE_AUTHORITIES, `${ONCE_MARK}.sh`));
    restore.push(await hideCertificates(tree));
  }
  if (await exists(join(tree, UNITS))) {
    await copyFile(join(tree, UNITS), join(tree, REAL_UNITS));
    await writeInTree(tree, UNITS_LOG, '');
    await writeInTree(tree, `${UNITS_LOG}.sh`, UNITS_SCRIPT, 0o755);
    restore.push(await replaceProgram(tree, UNITS, `${UNITS_LOG}.sh`));
  }
  return async () => {
    for (const undo of restore) await undo();
    for (const argv of notedCalls(await readFile(join(tree, UNITS_LOG), 'utf8').catch(() => ''))) {
      await runInTree(tree, [UNITS, ...argv], { environment: { ...environment, ...FOR_UNITS } });
    }
    if (await exists(join(tree, ONCE_MARK))) await updateAuthorities(tree, environment);
  };
}

/**
 * Moves AUTHORITIES out of sight; what is returned moves them back. Their package asks before it unpacks, where apt
 * installs it: it finds no directory then and takes all of its list. With the directory it looks for each of them with
 * three processes and takes all as well.
 */
async function hideCertificates(tree: string): Promise<() => Promise<void>> {
  const path = join(tree, AUTHORITIES);
  if (!(await exists(path))) return () => Promise.resolve();
  const aside = `${path}.kronos-build`;
  await rename(path, aside);
  return () => rename(aside, path);
}

/** The calls of deb-systemd-helper that do all that was noted: one for each action, units in their order. */
export function notedCalls(log: string): string[][] {
  const calls = new Map<string, string[]>();
  for (const line of log.split('\n')) {
    const words = line.split(' ').filter((word) => word !== '');
    const unit = words.pop();
    if (unit === undefined) continue;
    const action = words.join(' ');
    calls.set(action, [...(calls.get(action) ?? []), unit]);
  }
  return [...calls].map(([action, units]) => [...action.split(' '), ...new Set(units)]);
}
