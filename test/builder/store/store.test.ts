// The store against a server that misbehaves.
import test, { type ExecutionContext } from 'ava';
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tar from 'tar';
import { digestOf } from '../../../src/common/digest.ts';
import type { KronosError } from '../../../src/common/error.ts';
import { exists, listFiles } from '../../../src/common/files.ts';
import { SILENT } from '../../../src/common/progress.ts';
import type { Lock, LockedPackage } from '../../../src/builder/lock/lock.ts';
import { writeLock } from '../../../src/builder/lock/write.ts';
import { BlobStore, pruneBlobs } from '../../../src/builder/store/blobs.ts';
import { exportBundle, importBundle } from '../../../src/builder/store/bundle.ts';
import { batchDownloads } from '../../../src/builder/store/download.ts';
import { fetchBlobs } from '../../../src/builder/store/fetch.ts';
import { makeDeb, TestRepository, type TestPackage } from '../apt/repository.ts';

const PACKAGES: readonly TestPackage[] = [
  { name: 'bash', version: '1:5.2+x-1' },
  { name: 'big', version: '2', bytes: 400_000 },
];

interface Scene {
  repository: TestRepository;
  lock: Lock;
  cache: string;
  directory: string;
  store: BlobStore;
  fetch: (lock?: Lock) => ReturnType<typeof fetchBlobs>;
}

async function lockOf(repository: TestRepository, directory: string): Promise<Lock> {
  const packages: LockedPackage[] = [];
  for (const { name, version } of PACKAGES) {
    const path = await repository.debPath(name);
    const data = await readFile(join(directory, path));
    packages.push({
      name,
      version,
      architecture: 'amd64',
      layer: 'host',
      recipe: 'base',
      asked: true,
      origin: 'debian',
      path: path.replace('/debian/', ''),
      size: data.length,
      sha256: digestOf(data),
    });
  }
  return {
    version: 1,
    edition: 'test',
    suite: 'trixie',
    architecture: 'amd64',
    epoch: 1_795_227_046,
    requests: digestOf('x'),
    origins: { debian: { type: 'distribution', archive: 'debian' } },
    packages,
  };
}

async function withScene(
  t: ExecutionContext,
  work: (scene: Scene) => Promise<void>,
): Promise<void> {
  const repository = await TestRepository.start();
  const directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  try {
    for (const made of PACKAGES)
      await makeDeb(join(repository.directory, 'debian/pool/main'), made);
    const lock = await lockOf(repository, repository.directory);
    const cache = join(directory, 'cache');
    const keyring = join(directory, 'key');
    await writeFile(keyring, '');
    const fetch = (wanted = lock) =>
      fetchBlobs(wanted, { cache, mirror: `${repository.url}/debian`, keyring }, SILENT);
    await work({ repository, lock, cache, directory, store: new BlobStore(cache), fetch });
    const store = new BlobStore(cache).directory;
    const kept = (await exists(store)) ? await listFiles(store) : [];
    for (const name of kept.filter((one) => !one.startsWith('incoming/'))) {
      t.is(
        digestOf(await readFile(join(store, name))),
        name.replace('/', ''),
        'only what its name says is in the store',
      );
    }
  } finally {
    await repository.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function refusal(promise: Promise<unknown>): Promise<KronosError> {
  try {
    await promise;
  } catch (error) {
    return error as KronosError;
  }
  throw new Error('nothing was refused');
}

function change(lock: Lock, name: string, changes: Partial<LockedPackage>): Lock {
  return {
    ...lock,
    packages: lock.packages.map((one) => (one.name === name ? { ...one, ...changes } : one)),
  };
}

test('blobs are fetched once; with all there nothing is asked', async (t) => {
  await withScene(t, async ({ repository, lock, fetch, store, cache }) => {
    t.like(await fetch(), { fetched: 2, present: 0 });
    for (const { sha256 } of lock.packages) t.true(await store.has(sha256));
    t.deepEqual(await listFiles(await store.incoming()), []);
    repository.requests.length = 0;
    // Neither a mirror nor a key is looked for.
    t.like(await fetchBlobs(lock, { cache, keyring: '/nonexistent' }, SILENT), {
      fetched: 0,
      present: 2,
    });
    t.deepEqual(repository.requests, []);
  });
});

test('a connection that is cut is gone on with, also by a later run', async (t) => {
  await withScene(t, async ({ repository, lock, fetch, store }) => {
    const path = await repository.debPath('big');
    repository.faults.set(path, { kind: 'cut', after: 100_000, times: 2 });
    t.like(await fetch(), { fetched: 2 });
    t.true(await store.has(lock.packages[1]?.sha256 ?? ''));
    const asked = repository.requests.filter((one) => one.startsWith(path));
    t.is(asked.length, 3);
    t.regex(asked[2] ?? '', / from \d{5,}$/);
  });
  await withScene(t, async ({ repository, lock, fetch, store }) => {
    const path = await repository.debPath('big');
    repository.faults.set(path, { kind: 'cut', after: 60_000, times: 5 });
    t.is((await refusal(fetch())).code, 'io/mirror-unreachable');
    t.true(await store.has(lock.packages[0]?.sha256 ?? ''), 'the others are kept');
    repository.faults.clear();
    repository.requests.length = 0;
    t.like(await fetch(), { fetched: 1, present: 1 });
    t.regex(repository.requests[0] ?? '', / from \d+$/);
  });
});

test('a package that the mirror no longer has', async (t) => {
  await withScene(t, async ({ repository, fetch }) => {
    repository.faults.set(await repository.debPath('big'), { kind: 'status', status: 404 });
    const error = await refusal(fetch());
    t.is(error.code, 'io/blob-gone');
    t.regex(error.message, /fetching big 2: the mirror no longer has http/);
    t.is(error.hint, 'kronos lock --update big, or import a bundle that has it');
  });
});

test('other bytes, a truncated file, and a lock with another hash or size are refused and discarded', async (t) => {
  await withScene(t, async ({ repository, lock, fetch, store }) => {
    const path = await repository.debPath('big');
    const good = await readFile(join(repository.directory, path));
    repository.faults.set(path, { kind: 'replace', data: Buffer.alloc(good.length, 1) });
    const error = await refusal(fetch());
    t.is(error.code, 'verification/blob-digest');
    t.regex(error.message, /package big 2 is not the locked one: expected sha256 [0-9a-f]{64}/);
    repository.faults.set(path, { kind: 'replace', data: good.subarray(0, 5000) });
    t.regex((await refusal(fetch())).message, /package big 2 is cut short: 5000 of \d+ bytes/);
    repository.faults.clear();
    const wrong = change(lock, 'big', { sha256: digestOf('another') });
    t.like(await refusal(fetch(wrong)), {
      code: 'verification/blob-digest',
      details: { package: 'big' },
    });
    t.is((await refusal(fetch(change(lock, 'big', { size: 7 })))).code, 'verification/blob-digest');
    t.deepEqual(await listFiles(await store.incoming()), []);
    t.like(await fetch(), { fetched: 1 });
    t.is((await refusal(fetch(change(lock, 'big', { size: 7 })))).code, 'verification/blob-digest');
  });
});

test('a mirror that does not answer', async (t) => {
  await withScene(t, async ({ lock, cache, directory }) => {
    const options = { cache, mirror: 'http://127.0.0.1:9/debian', keyring: join(directory, 'key') };
    t.is(
      (await refusal(fetchBlobs(change(lock, 'big', {}), options, SILENT))).code,
      'io/mirror-unreachable',
    );
  });
});

test('a cancelled fetch stops and leaves the store clean', async (t) => {
  await withScene(t, async ({ lock, cache, repository, directory }) => {
    const stop = new AbortController();
    repository.faults.set(await repository.debPath('big'), { kind: 'cut', after: 1000, times: 99 });
    setTimeout(() => {
      stop.abort();
    }, 200);
    const options = { cache, mirror: `${repository.url}/debian`, keyring: join(directory, 'key') };
    t.is(
      (await refusal(fetchBlobs(lock, options, SILENT, stop.signal))).code,
      'interrupted/cancelled',
    );
  });
});

test('packages of a directory are found by content, and told when they changed', async (t) => {
  await withScene(t, async ({ lock, cache, repository, directory }) => {
    const debs = join(repository.directory, 'debian/pool/main');
    const local: Lock = {
      ...lock,
      origins: { mine: { type: 'directory' } },
      packages: lock.packages.map((one) => ({
        ...one,
        origin: 'mine',
        path: `${one.name}-renamed.deb`,
      })),
    };
    const edition = {
      origins: { mine: { type: 'directory', path: debs } as const },
      location: { file: join(directory, 'e.yaml') },
    };
    t.is((await refusal(fetchBlobs(local, { cache }, SILENT))).code, 'input/origin-missing');
    const wrong = change(local, 'big', { sha256: digestOf('z') });
    t.is(
      (await refusal(fetchBlobs(wrong, { cache, edition }, SILENT))).code,
      'verification/blob-digest',
    );
    t.like(await fetchBlobs(local, { cache, edition }, SILENT), { fetched: 1 });
  });
});

test('a bundle is the same bytes every time and brings everything to another machine', async (t) => {
  await withScene(t, async ({ lock, cache, directory, fetch }) => {
    await fetch();
    const file = join(directory, 'l.yaml');
    await writeLock(file, lock);
    const one = await exportBundle(
      { lock: file, target: join(directory, 'one.tar'), cache },
      SILENT,
    );
    t.is(one.blobs, 2);
    const blob = new BlobStore(cache).path(lock.packages[0]?.sha256 ?? '');
    await chmod(blob, 0o600);
    await utimes(blob, 1, 1);
    await exportBundle({ lock: file, target: join(directory, 'two.tar'), cache }, SILENT);
    t.is(
      digestOf(await readFile(join(directory, 'one.tar'))),
      digestOf(await readFile(join(directory, 'two.tar'))),
    );
    const other = join(directory, 'other');
    const result = await importBundle(
      { bundle: one.file, cache: other, lock: join(directory, 'imported.yaml') },
      SILENT,
    );
    t.like(result, { blobs: 2, present: 0 });
    t.is(await readFile(join(directory, 'imported.yaml'), 'utf8'), await readFile(file, 'utf8'));
    t.like(await fetchBlobs(lock, { cache: other }, SILENT), { fetched: 0, present: 2 });
    t.deepEqual((await listFiles(join(other, 'blobs'))).length, 2);
  });
});

test('a bundle with anything else in it is refused and nothing is written outside the store', async (t) => {
  await withScene(t, async ({ lock, cache, directory, fetch }) => {
    await fetch();
    const file = join(directory, 'l.yaml');
    await writeLock(file, lock);
    const work = join(directory, 'work');
    await mkdir(join(work, 'kronos-bundle/blobs'), { recursive: true });
    await writeFile(join(directory, 'evil'), 'x');
    await writeFile(join(work, 'kronos-bundle/lock.yaml'), await readFile(file));
    await writeFile(join(work, 'kronos-bundle/readme'), 'x');
    for (const { sha256 } of lock.packages) {
      await writeFile(
        join(work, 'kronos-bundle/blobs', sha256),
        await readFile(new BlobStore(cache).path(sha256)),
      );
    }
    const names = [
      'kronos-bundle/lock.yaml',
      ...lock.packages.map((one) => `kronos-bundle/blobs/${one.sha256}`),
    ];
    const importing = async (entries: string[], before?: () => Promise<void>) => {
      await before?.();
      const bundle = join(directory, 'b.tar');
      await tar.create({ cwd: work, file: bundle, preservePaths: true }, entries);
      return refusal(importBundle({ bundle, cache: join(directory, 'other') }, SILENT));
    };
    t.regex((await importing([...names, '../evil'])).message, /unexpected entry/);
    t.regex(
      (await importing([...names, 'kronos-bundle/readme'])).message,
      /unexpected entry "kronos-bundle\/readme"/,
    );
    t.regex((await importing(names.slice(0, 2))).message, /package \S+ \S+ is missing/);
    t.regex((await importing(names.slice(1))).message, /it has no lock/);
    const first = join(work, names[1] ?? '');
    const wrong = await importing(names, () => writeFile(first, 'tampered'));
    t.is(wrong.code, 'verification/blob-digest');
    await writeFile(
      join(directory, 'cut.tar'),
      (await readFile(join(directory, 'b.tar'))).subarray(0, 3000),
    );
    t.is(
      (
        await refusal(
          importBundle(
            { bundle: join(directory, 'cut.tar'), cache: join(directory, 'other') },
            SILENT,
          ),
        )
      ).code,
      'verification/bad-bundle',
    );
    t.is(
      (await refusal(importBundle({ bundle: join(directory, 'no.tar'), cache }, SILENT))).code,
      'input/file-missing',
    );
    t.false(await exists(join(directory, 'other', 'evil')));
  });
});

test('pruning keeps what is wanted and what was used last', async (t) => {
  await withScene(t, async ({ directory }) => {
    const store = new BlobStore(join(directory, 'p'));
    const names = ['a', 'b', 'c'];
    for (const [age, name] of names.entries()) {
      const path = join(await store.incoming(), name);
      await writeFile(path, name.repeat(1000));
      const identity = { name, version: '1', size: 1000, sha256: digestOf(name.repeat(1000)) };
      await store.put(path, identity);
      await utimes(store.path(identity.sha256), 1000 + age, 1000 + age);
    }
    await writeFile(join(await store.incoming(), 'old.part'), 'x');
    await utimes(join(await store.incoming(), 'old.part'), 1, 1);
    const digest = (name: string) => digestOf(name.repeat(1000));
    t.deepEqual(await pruneBlobs(store, new Set([digest('a')]), 2000), {
      removed: 1001,
      left: 2000,
    });
    t.deepEqual(await Promise.all(names.map((name) => store.has(digest(name)))), [
      true,
      false,
      true,
    ]);
    t.is((await stat(store.path(digest('a')))).mode & 0o777, 0o444);
    await chmod(store.path(digest('a')), 0o644);
    await truncate(store.path(digest('a')), 1000);
  });
});

test('downloads are batched by number and bytes', (t) => {
  const download = (size: number) => ({
    uri: 'u',
    identity: { name: 'a', version: '1', size, sha256: 'x' },
  });
  t.deepEqual(
    batchDownloads([90e6, 20e6, 2e6, 1e6, 5e6].map(download)).map((batch) => batch.length),
    [1, 3, 1],
  );
  t.deepEqual(
    batchDownloads(Array.from({ length: 30 }, () => download(10))).map((batch) => batch.length),
    [12, 12, 6],
  );
  t.deepEqual(batchDownloads([]), []);
});
