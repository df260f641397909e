// The files of a former network while its cards are taken over, and after they were given back.
import { readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { KronosError } from '../../../src/common/error.ts';
import { listFiles } from '../../../src/common/files.ts';
import {
  giveCardsBack,
  keepResolver,
  readFormerHost,
  restoreChanges,
  restoreResolver,
  takeCards,
  type FormerHost,
} from '../../../src/firstboot/adopt/handover.ts';
import { readConfigFiles } from '../../../src/firstboot/adopt/read-config.ts';
import { planBridges } from '../../../src/firstboot/network/switch.ts';
import { compareWithGolden } from '../../golden.ts';
import { adoptRecorded, type Recorded } from './adopted.ts';
import { recordHost } from './hosts.ts';
import { HOSTS, hostNamed } from './recorded.ts';

async function readAll(root: string): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const path of await listFiles(join(root, 'etc')))
    texts[path] = await readFile(join(root, 'etc', path), 'utf8').catch(() => '(link)');
  return texts;
}

/** An adopted host, and its former network as it is remembered. */
async function adopted(
  t: ExecutionContext,
  name: string,
): Promise<{ recorded: Recorded; former: FormerHost }> {
  const recorded = await recordHost(t, hostNamed(name));
  const { looking } = recorded;
  const { hostFile, installed } = await adoptRecorded(recorded);
  const bridges = planBridges(hostFile.network, installed.disks.networks, { keepNames: true });
  const taken = {
    cards: bridges.flatMap(({ cards }) => cards),
    virtual: installed.adopted?.virtual ?? [],
  };
  const former = await readFormerHost(taken, looking);
  recorded.called.length = 0;
  return { recorded, former };
}

test('cards are taken from whoever had them and given back, and files are then what they were', async (t) => {
  const told: string[] = [];
  for (const name of Object.keys(HOSTS)) {
    const { recorded, former } = await adopted(t, name);
    const { looking, called } = recorded;
    const before = await readAll(looking.root);
    // It is written down and read again by a run after a cut.
    const remembered = JSON.parse(JSON.stringify(former)) as FormerHost;
    await takeCards(remembered, looking);
    const between = await readAll(looking.root);
    t.notDeepEqual(between, before, name);
    told.push(`--- ${name}`, ...called.splice(0).map((line) => `take  ${line}`));
    await takeCards(remembered, looking);
    t.deepEqual(await readAll(looking.root), between, name);
    called.length = 0;
    await giveCardsBack(remembered, looking);
    told.push(...called.splice(0).map((line) => `give  ${line}`));
    t.deepEqual(await readAll(looking.root), before, name);
  }
  await compareWithGolden(t, import.meta.url, 'handover.txt', `${told.join('\n')}\n`);
});

test('nobody configures the cards any more, and interfaces of others are configured as before', async (t) => {
  const { recorded, former } = await adopted(t, 'netplan-bond-vlan');
  await takeCards(former, recorded.looking);
  const { netplan } = await readConfigFiles(recorded.looking.root);
  t.true(netplan.every(({ text }) => text.includes('ens9') && !/ens3:|bond0:/.test(text)));
  // The pattern of another file is still there, and ours comes before it.
  const networkd = await adopted(t, 'networkd-dhcp');
  await takeCards(networkd.former, networkd.recorded.looking);
  const files = await readConfigFiles(networkd.recorded.looking.root);
  t.deepEqual(
    files.networkd.map(({ path }) => path),
    ['/etc/systemd/network/90-rest.network'],
  );
});

test('what was written to a file since is kept beside it', async (t) => {
  const { recorded, former } = await adopted(t, 'ifupdown-static');
  const { root } = recorded.looking;
  const path = join(root, 'etc/network/interfaces');
  const original = await readFile(path, 'utf8');
  await takeCards(former, recorded.looking);
  await writeFile(path, 'auto ens9\n');
  t.deepEqual(await restoreChanges(former.changes, root), [
    '/etc/network/interfaces.before-release',
  ]);
  t.is(await readFile(path, 'utf8'), original);
  t.is(await readFile(`${path}.before-release`, 'utf8'), 'auto ens9\n');
  t.deepEqual(await restoreChanges(former.changes, root), []);
});

test('name servers stay when whoever wrote them is gone, and a link comes back', async (t) => {
  const { recorded } = await adopted(t, 'ifupdown-static');
  const { looking } = recorded;
  const path = join(looking.root, 'etc/resolv.conf');
  const text = 'nameserver 192.0.2.53\n';
  const host = (target?: string): FormerHost => ({ resolver: { text, target } }) as FormerHost;
  // A plain file with servers is nobody's business.
  await writeFile(path, 'nameserver 192.0.2.1\n');
  await keepResolver(host(), looking);
  t.is(await readFile(path, 'utf8'), 'nameserver 192.0.2.1\n');
  // One that was emptied gets them back.
  await writeFile(path, '# empty\n');
  await keepResolver(host(), looking);
  t.is(await readFile(path, 'utf8'), text);
  // A link to what resolvconf makes at every start becomes a file, and a link again at the end.
  await rm(path);
  await symlink('../run/resolvconf/resolv.conf', path);
  await keepResolver(host('../run/resolvconf/resolv.conf'), looking);
  t.is(await readFile(path, 'utf8'), text);
  await restoreResolver(host('../run/resolvconf/resolv.conf'), looking);
  t.is(await readlink(path), '../run/resolvconf/resolv.conf');
  // systemd-resolved hears it from networkd.
  await rm(path);
  await symlink('../run/systemd/resolve/stub-resolv.conf', path);
  await keepResolver(host(), looking);
  t.is(await readlink(path), '../run/systemd/resolve/stub-resolv.conf');
});

test('where the former network does not start, all of it is tried and one error tells', async (t) => {
  const { recorded, former } = await adopted(t, 'ifupdown-bond-vlan');
  const { looking, called } = recorded;
  await takeCards(former, looking);
  const run: typeof looking.run = (argv) => {
    called.push(argv.join(' '));
    return argv[0] === 'ifup'
      ? Promise.reject(new KronosError('io/command-failed', 'ifup failed'))
      : Promise.resolve({ stdout: '' });
  };
  await t.throwsAsync(giveCardsBack(former, { ...looking, run }), { code: 'host/former-network' });
  t.deepEqual(
    called.filter((line) => line.startsWith('ifup')),
    ['bond0', 'bond0.20', 'vlan30', 'ens5'].map((one) => `ifup --force ${one}`),
  );
});
