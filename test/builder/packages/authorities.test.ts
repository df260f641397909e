import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import {
  linkName,
  parseAuthorities,
  UPDATE_AUTHORITIES,
  writeAuthorities,
} from '../../../src/builder/packages/authorities.ts';
import { exists } from '../../../src/common/files.ts';
import { run } from '../../../src/common/process.ts';

test('a list of authorities without comments, empty lines and what is deselected', (t) => {
  t.deepEqual(parseAuthorities('# a comment\n\nmozilla/A.crt\n!mozilla/B.crt\nmozilla/C.crt\n'), [
    'mozilla/A.crt',
    'mozilla/C.crt',
  ]);
});

test('links are called as update-ca-certificates calls them', (t) => {
  t.is(linkName('/usr/share/ca-certificates/mozilla/A_B.crt'), 'A_B.pem');
  t.is(linkName('some dir/One, Two (Three).crt'), 'One__Two_=Three=.pem');
});

/** Names, targets of links, modes and contents of what is in /etc/ssl/certs, without the links that openssl makes. */
async function describeLinks(root: string): Promise<string[]> {
  const directory = join(root, 'etc/ssl/certs');
  const names = (await readdir(directory)).filter((name) => !/^[0-9a-f]{8}\.\d+$/.test(name));
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(directory, name);
      const target = await readlink(path).catch(() => undefined);
      if (target !== undefined) return `${name} -> ${target.slice(target.indexOf('/usr/share'))}`;
      return `${name} ${(await stat(path)).mode.toString(8)}\n${await readFile(path, 'utf8')}`;
    }),
  );
}

test('links and bundle are those of update-ca-certificates', async (t) => {
  if (!(await exists(UPDATE_AUTHORITIES))) {
    t.log(`${UPDATE_AUTHORITIES} is not on this machine: nothing to compare with`);
    t.pass();
    return;
  }
  const authorities = [
    'mozilla/Plain_One.crt',
    'mozilla/Two (with), signs.crt',
    'own/Last.crt',
  ].map((name, index) => ({
    path: `/usr/share/ca-certificates/${name}`,
    name,
    // The last has no line end, which the program adds.
    text: `certificate ${index}${index === 2 ? '' : '\n'}`,
  }));
  const base = await mkdtemp(join(tmpdir(), 'kronos-authorities-'));
  try {
    const roots = { theirs: join(base, 'theirs'), ours: join(base, 'ours') };
    for (const root of Object.values(roots)) {
      for (const { path, text } of authorities) {
        await mkdir(join(root, path, '..'), { recursive: true });
        await writeFile(join(root, path), text);
      }
      await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
      const list = ['# comment', ...authorities.map(({ name }) => name), '!mozilla/None.crt', ''];
      await writeFile(join(root, 'etc/ca-certificates.conf'), list.join('\n'));
    }
    // openssl complains of certificates that are none, after everything else is done.
    const at = (path: string): string => join(roots.theirs, path);
    await run(
      [
        ...[UPDATE_AUTHORITIES, '--certsconf', at('etc/ca-certificates.conf')],
        ...['--certsdir', at('usr/share/ca-certificates'), '--localcertsdir', at('none')],
        ...['--etccertsdir', at('etc/ssl/certs'), '--hooksdir', at('none')],
      ],
      { extendEnvironment: true },
    );
    await writeAuthorities(roots.ours, authorities);
    t.deepEqual(await describeLinks(roots.ours), await describeLinks(roots.theirs));
  } finally {
    await rm(base, { recursive: true });
  }
});
