// A client that nobody here wrote: the npm package xen-api, which Xen Orchestra is built on.
import test, { type ExecutionContext } from 'ava';
import { createClient } from 'xen-api';
import { makeCertificate } from '../steps/servers.ts';
import { Lab } from './lab.ts';
import { listen } from './server.ts';

async function serve(t: ExecutionContext) {
  const nics = ['0a', '0b'].map((end, index) => ({
    ...{ device: `eth${index}`, mac: `52:54:00:00:00:${end}` },
  }));
  const host = new Lab(100).add({ address: '10.0.0.5', nics, wrongPasswordDelay: 1 });
  const { at, close } = await listen(host, 'https', 0, await makeCertificate(t));
  t.teardown(close);
  const open = (password: string) =>
    createClient({
      ...{ url: `https://127.0.0.1:${at}`, allowUnauthorized: true },
      auth: { user: 'root', password },
    });
  return { host, open };
}

test('it logs in, sees all objects, calls, follows tasks and hears of changes', async (t) => {
  const { host, open } = await serve(t);
  const client = open('xenroot');
  await client.connect();
  t.teardown(() => client.disconnect());
  await client.objectsFetched;
  t.is(client.pool['$type'], 'pool');
  t.is(client.pool['master'], host.xapi.host);

  await client.call('PIF.scan', host.xapi.host);
  const devices = (): unknown[] =>
    Object.values(client.objects.all)
      .filter((one) => one['$type'] === 'PIF')
      .map((one) => one['device']);
  while (devices().length < 2) await pause();
  t.deepEqual(devices().sort(), ['eth0', 'eth1']);

  const network = (await client.callAsync('network.create', {
    ...{ name_label: 'made', name_description: '', MTU: 1500, other_config: {}, tags: [] },
  })) as string;
  t.like(await client.getRecord('network', network), { name_label: 'made', $type: 'network' });
  await client.call('network.set_name_label', network, 'renamed');
  const names = (): unknown[] => Object.values(client.objects.all).map((one) => one['name_label']);
  while (!names().includes('renamed')) await pause();
  t.like(await failureOf(client.call('network.destroy', 'OpaqueRef:nope')), {
    ...{ code: 'HANDLE_INVALID', params: ['network', 'OpaqueRef:nope'] },
  });
});

test('a wrong password is refused in its words', async (t) => {
  const { open } = await serve(t);
  t.like(await failureOf(open('wrong').connect()), {
    ...{ code: 'SESSION_AUTHENTICATION_FAILED', params: ['root', 'Authentication failure'] },
  });
});

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Its errors are none of JavaScript's own kind. */
async function failureOf(work: Promise<unknown>): Promise<object> {
  try {
    await work;
  } catch (error) {
    return error as object;
  }
  throw new Error('it did not fail');
}
