// Where a host file is looked for: one order, a reason for each place, and no second choice where one was named.
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { run } from '../../src/common/process.ts';
import { formatHostArea } from '../../src/host/area.ts';
import { formatUserData } from '../../src/host/user-data.ts';
import { fillUrl, findHostFile, type FindOptions } from '../../src/installer/source.ts';
import { temporaryDirectory } from '../temporary.ts';

const FACTS = { mac: '52:54:00:12:34:56', serial: 'SN 1/2', uuid: '', product: 'R650' };

function options(more: Partial<FindOptions> = {}): FindOptions {
  return {
    kernelArguments: ['quiet'],
    facts: FACTS,
    area: '/nowhere/host.area',
    signal: new AbortController().signal,
    note: () => undefined,
    ...more,
  };
}

/** A server that knows some paths; the address of its root. */
async function serve(
  t: ExecutionContext,
  paths: Readonly<Record<string, string>>,
): Promise<string> {
  const server = createServer((request, response) => {
    const text = paths[request.url ?? ''];
    response.statusCode = text === undefined ? 404 : 200;
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function filled(t: ExecutionContext, text?: string): Promise<string> {
  const path = join(await temporaryDirectory(t), 'host.area');
  await writeFile(path, formatHostArea(text));
  return path;
}

test('facts of the machine are put into a URL', (t) => {
  t.is(fillUrl('http://x/${mac}.yaml', FACTS), 'http://x/52:54:00:12:34:56.yaml');
  t.is(fillUrl('http://x/{serial}/{product}', FACTS), 'http://x/SN%201%2F2/R650');
  t.is(fillUrl('http://x/plain?a=$b', FACTS), 'http://x/plain?a=$b');
  for (const name of ['uuid', 'asset_tag', 'colour'])
    t.throws(() => fillUrl(`http://x/\${${name}}`, FACTS), {
      code: 'host/no-such-fact',
      message: `this machine does not say its ${name}`,
    });
});

test('a file that is named comes before everything else', async (t) => {
  const directory = await temporaryDirectory(t);
  const file = join(directory, 'host.yaml');
  await writeFile(file, 'named\n');
  const area = await filled(t, 'embedded\n');
  const kernelArguments = ['kronos.host=http://127.0.0.1:1/never'];
  const { found, attempts } = await findHostFile(options({ file, area, kernelArguments }));
  t.deepEqual(found, { name: file, text: 'named\n', directory });
  t.deepEqual(attempts, [{ place: 'command line' }]);
});

test('then the kernel argument, the last of several', async (t) => {
  const root = await serve(t, { '/52:54:00:12:34:56.yaml': 'fetched\n' });
  const { found, attempts } = await findHostFile(
    options({
      area: await filled(t, 'embedded\n'),
      kernelArguments: ['kronos.host=http://127.0.0.1:1/x', `kronos.host=${root}/\${mac}.yaml`],
    }),
  );
  t.like(found, { text: 'fetched\n', name: `${root}/52:54:00:12:34:56.yaml` });
  t.is(found?.directory, undefined);
  t.deepEqual(attempts, [
    { place: 'command line', skipped: 'no file was named' },
    { place: 'kernel argument kronos.host=' },
  ]);
});

test('user-data of cloud-init may bring it', async (t) => {
  const userData = formatUserData('fetched\n');
  const root = await serve(t, {
    '/user-data': userData,
    '/other': '#cloud-config\npackages: []\n',
  });
  const fetched = (path: string) =>
    findHostFile(options({ kernelArguments: [`kronos.host=${root}/${path}`] }));
  t.deepEqual((await fetched('user-data')).found, {
    ...{ name: `${root}/user-data`, text: 'fetched\n' },
  });
  await t.throwsAsync(fetched('other'), { code: 'input/user-data' });
});

test('a password in the URL is not in the name of the file', async (t) => {
  const root = await serve(t, { '/a': 'fetched\n' });
  const url = `${root.replace('//', '//me:canary-9d2@')}/a`;
  const { found } = await findHostFile(options({ kernelArguments: [`kronos.host=${url}`] }));
  t.is(found?.name, `${root}/a`);
});

test('then the area of the medium', async (t) => {
  const area = await filled(t, 'embedded\n');
  const { found, attempts } = await findHostFile(
    options({ area, kernelArguments: ['kronos.host='] }),
  );
  t.deepEqual(found, { name: 'host file of the medium', text: 'embedded\n' });
  t.deepEqual(
    attempts.map(({ skipped }) => skipped),
    ['no file was named', 'not given', 'not given', undefined],
  );
});

test('every place that has none says why', async (t) => {
  if (
    await run(['lsblk', '--version']).then(
      () => false,
      () => true,
    )
  ) {
    t.pass('util-linux is not here');
    return;
  }
  const { attempts } = await findHostFile(options({ area: await filled(t) }));
  t.deepEqual(
    attempts.slice(0, 4).map(({ skipped }) => skipped),
    ['no file was named', 'not given', 'not given', 'the area is empty'],
  );
  t.is(attempts[4]?.place, 'partition labelled KRONOS');
  const elsewhere = await findHostFile(options());
  t.is(elsewhere.attempts[3]?.skipped, 'this system was not started from a medium');
});

test('one that was named but cannot be had is an error, not a reason to take another', async (t) => {
  const area = await filled(t, 'embedded\n');
  await t.throwsAsync(findHostFile(options({ file: '/nowhere/host.yaml', area })), {
    code: 'input/no-such-file',
  });
  await t.throwsAsync(
    findHostFile(options({ area, kernelArguments: ['kronos.host=http://x/${asset_tag}'] })),
    { code: 'host/no-such-fact' },
  );
  await t.throwsAsync(
    findHostFile(
      options({
        area,
        kernelArguments: [
          'kronos.host=http://127.0.0.1:1/x',
          `kronos.host.sha256=${'0'.repeat(64)}`,
        ],
      }),
    ),
    { code: 'input/fingerprint-over-http' },
  );
});

test('a server that does not answer is asked again, until somebody stops it', async (t) => {
  const root = await serve(t, {});
  const abort = new AbortController();
  const notes: string[] = [];
  const note = (text: string): void => {
    notes.push(text);
    abort.abort();
  };
  await t.throwsAsync(
    findHostFile(
      options({ kernelArguments: [`kronos.host=${root}/a`], signal: abort.signal, note }),
    ),
    { code: 'interrupted/cancelled' },
  );
  t.regex(notes.join(), /^fetching http:\S+ failed; trying again in 2 s$/);
});
