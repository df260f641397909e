import type { ExecutionContext } from 'ava';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareWithGolden } from '../../golden.ts';
import type { Reference } from './builds.test.ts';
import { enclosed } from './enclosure.ts';
import { complaint, kronos, Leftovers } from './kronos.ts';
import { cacheFaults, listSteps, type Workshop } from './workshop.ts';

/** An id that no account of the machine has; in the enclosure it gets a name, and what else a case gives it. */
export const USER = 4711;

export const AS_USER = ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', '--'];

/** Shows `$1` and `$2` in the places of the lists of accounts and of subordinate ids. */
const ACCOUNTS = `
mount --bind "$1" /etc/passwd
mount --bind "$2" /etc/subuid
mount --bind "$2" /etc/subgid`;

/** The lists of accounts and of subordinate ids, and the script that shows them; the script's `$1` and `$2` are the files. */
export async function writeAccounts(
  shop: Workshop,
  ids: string,
): Promise<{ script: string; files: string[] }> {
  const files = [shop.path('passwd'), shop.path(ids === '' ? 'no-ids' : 'ids')];
  const account = `throw-away:x:${USER}:${USER}::/:/bin/sh\n`;
  await writeFile(files[0] ?? '', `root:x:0:0::/root:/bin/sh\n${account}`);
  await writeFile(files[1] ?? '', ids);
  return { script: ACCOUNTS, files };
}

export async function refuseNamespaces(
  t: ExecutionContext,
  shop: Workshop,
  reference: Reference,
): Promise<void> {
  const leftovers = await Leftovers.watch(shop.directory);
  const { script: accounts, files } = await writeAccounts(shop, '');
  const user = (script: string): string[] => [
    ...enclosed(`${accounts}\n${script}`, files),
    ...AS_USER,
  ];
  const cases: [what: string, status: number, before: string[]][] = [
    [
      'root without the capability',
      5,
      [
        ...enclosed('', []),
        ...['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin', '--'],
      ],
    ],
    [
      'root where the kernel allows no more namespaces',
      5,
      enclosed('echo 0 > /proc/sys/user/max_mnt_namespaces', [], ['--user', '--map-root-user']),
    ],
    ['an ordinary user without subordinate ids', 5, user('')],
    [
      'an ordinary user without newuidmap',
      3,
      user('mount --bind /dev/null "$(command -v newuidmap)"'),
    ],
  ];
  const told: string[] = [];
  for (const [index, [what, status, before]] of cases.entries()) {
    const cache = await shop.makeCache(`refused-${index}`, reference.cache, ['tools']);
    const out = shop.path(`out-refused-${index}`);
    await mkdir(join(cache, 'work'), { recursive: true });
    for (const place of [shop.directory, cache, join(cache, 'work'), join(cache, 'blobs')]) {
      await chmod(place, 0o777);
    }
    const ended = await kronos(shop.build(cache, out), { before });
    t.is(ended.status, status, `${what}: ${ended.stderr}`);
    told.push(`# ${what}\n${complaint(ended, { cache, out })}`);
    t.deepEqual(await cacheFaults(cache), [], what);
    // Root is refused by the sandbox itself, and our programs are bundled meanwhile; others are refused before.
    const steps = what.startsWith('root') ? ['programs', 'tools'] : ['tools'];
    t.deepEqual((await listSteps(cache)).map(({ name }) => name).sort(), steps, what);
  }
  t.deepEqual(await leftovers.list(), []);
  await compareWithGolden(t, import.meta.url, 'namespaces.txt', told.join('\n'));
}
