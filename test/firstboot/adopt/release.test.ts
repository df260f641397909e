// An adopted host is let go: files, boot order and everything that was remembered.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { listFiles } from '../../../src/common/files.ts';
import { adopt } from '../../../src/firstboot/adopt/adopt.ts';
import { describeRelease } from '../../../src/firstboot/adopt/describe.ts';
import { readFormerHost, takeCards } from '../../../src/firstboot/adopt/handover.ts';
import { ADOPTED, writeTaken } from '../../../src/firstboot/adopt/record.ts';
import { release, releaseUnit } from '../../../src/firstboot/adopt/release.ts';
import { NETWORK_DIRECTORY } from '../../../src/firstboot/network/directory.ts';
import { setDefaults } from '../../../src/firstboot/xl/defaults.ts';
import { writeFiles } from '../../temporary.ts';
import { readHost, recordHost } from './hosts.ts';
import { hostNamed } from './recorded.ts';

const UNIT = 'systemd/system/kronos-release.service';
const WANT = 'systemd/system/multi-user.target.wants/kronos-release.service';
const DROP_INS = ['ovs-vswitchd', 'ovsdb-server'].map(
  (unit) => `run/systemd/system/${unit}.service.d/kronos-release.conf`,
);
const isBlank = (): Promise<boolean> => Promise.resolve(true);

async function readTree(root: string): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const path of await listFiles(root))
    texts[path] = await readFile(join(root, path), 'utf8').catch(() => '(link)');
  return texts;
}

test('a host whose network was taken over gets everything back, and only what runs is left for the next start', async (t) => {
  const xl = '# defaults\n#vif.default.bridge="xenbr0"\n';
  for (const name of ['ifupdown-static', 'networkd-bond-vlan', 'netplan-bond-vlan']) {
    const host = hostNamed(name);
    const recorded = await recordHost(t, {
      ...host,
      files: { ...host.files, 'etc/xen/xl.conf': xl },
    });
    const { looking, probe, called } = recorded;
    const before = await readTree(looking.root);
    await adopt({ looking, probe, isBlank });
    const card = { name: 'ens3', mac: '52:54:00:12:34:56' };
    const former = await readFormerHost({ cards: [card], virtual: [] }, looking);
    await takeCards(former, looking);
    await writeTaken(former, join(looking.root, ADOPTED));
    await writeFiles(join(looking.root, NETWORK_DIRECTORY), {
      ...{ '00-kronos-ens3.network': '', '90-kronos-ens3.link': '' },
    });
    await writeFile(join(looking.root, 'etc/xen/xl.conf'), setDefaults(xl));
    called.length = 0;
    const { state, notes } = await release(looking);
    t.deepEqual([state, notes], ['released', []], name);
    const after = await readTree(looking.root);
    const unit = after[`etc/${UNIT}`] ?? '';
    t.regex(
      unit,
      /^ExecStart=-\/usr\/bin\/ovs-vsctl --no-wait --timeout=60 -- --if-exists del-br xenbr0$/m,
    );
    // Nothing that runs is touched: no reload, no --now, no bridge.
    t.deepEqual(
      called.filter((line) => !line.startsWith('grub-editenv')),
      [
        ...(name === 'ifupdown-static'
          ? [
              'systemctl disable --quiet systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service',
            ]
          : ['systemctl enable --quiet systemd-networkd.service']),
        'systemctl daemon-reload',
      ],
      name,
    );
    for (const path of DROP_INS) t.regex(after[path] ?? '', /^ExecStop=\nKillMode=none$/m);
    const own = [`etc/${UNIT}`, `etc/${WANT}`, ...DROP_INS];
    for (const path of own) Reflect.deleteProperty(after, path);
    // What GRUB reads is the same; the block is written anew.
    t.false(/entry=/.test(after['boot/grub/grubenv'] ?? ''));
    for (const tree of [before, after]) Reflect.deleteProperty(tree, 'boot/grub/grubenv');
    t.deepEqual(after, before, name);
    t.is((await release(looking)).state, 'none');
    await t.throwsAsync(adopt({ looking, probe, isBlank }), { code: 'host/cannot-adopt-released' });
  }
});

test('a host that was never taken over only forgets; a host file of somebody stays', async (t) => {
  const recorded = await recordHost(t, hostNamed('ifupdown-dhcp'));
  const { looking, probe } = recorded;
  const before = await readTree(looking.root);
  await adopt({ looking, probe, isBlank });
  const path = join(looking.root, 'etc/kronos/host.yaml');
  const text = `${await readFile(path, 'utf8')}# changed\n`;
  await writeFile(path, text);
  const released = await release(looking);
  t.regex(describeRelease(released), /note {6}\/etc\/kronos\/host.yaml stays/);
  const after = await readTree(looking.root);
  t.deepEqual(
    Object.keys(after).filter((one) => !(one in before)),
    ['etc/kronos/host.yaml'],
  );
  // What it says is taken by the next adoption as it is.
  const again = await adopt({ looking, probe, isBlank });
  t.is(again.hostFile, 'found');
  t.is(await readHost(recorded, 'etc/kronos/host.yaml'), text);
});

test('the database of a switch that is gone goes too, unless it may have bridges of others', (t) => {
  const forgets = /^ExecStart=-\/bin\/sh -c '.* rm -f conf\.db .*'$/m;
  t.regex(releaseUnit({ names: ['xenbr0'], alone: true }), forgets);
  t.notRegex(releaseUnit({ names: ['xenbr0'], alone: false }), forgets);
});
