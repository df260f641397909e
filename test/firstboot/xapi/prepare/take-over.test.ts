// With xapi the cards of a host that was there before go to xcp-networkd, and come back: at a start without Xen before the
// network has answered, and when the packages go.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { exists, listFiles } from '../../../../src/common/files.ts';
import { giveCardsBack } from '../../../../src/firstboot/adopt/handover.ts';
import { readConfigFiles } from '../../../../src/firstboot/adopt/read-config.ts';
import { ADOPTED, readTaken } from '../../../../src/firstboot/adopt/record.ts';
import { release } from '../../../../src/firstboot/adopt/release.ts';
import { MEMORY } from '../../../../src/firstboot/context.ts';
import { interruptedHost, settleHost } from '../../../../src/firstboot/network/takeover.ts';
import { takeOverHost } from '../../../../src/firstboot/xapi/prepare/take-over.ts';
import { adoptRecorded } from '../../adopt/adopted.ts';
import { recordHost } from '../../adopt/hosts.ts';
import { HOSTS, hostNamed } from '../../adopt/recorded.ts';

const RELEASE_UNIT = 'etc/systemd/system/kronos-release.service';

/** What a release leaves for the next start, and the environment of GRUB, which is written anew. */
const LEFT =
  /^(?:etc\/systemd\/system\/(?:.*\/)?kronos-release\.service|run\/systemd\/system\/.*|boot\/grub\/grubenv)$/;

async function readTree(root: string): Promise<Record<string, string>> {
  const paths = (await listFiles(root)).filter((path) => !LEFT.test(path));
  const texts = paths.map(
    async (path) => [path, await readFile(join(root, path), 'utf8').catch(() => '(link)')] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}

/** A host that is adopted, as xapi finds it at the first start under Xen. */
async function adoptedHost(t: ExecutionContext, name: string) {
  const recorded = await recordHost(t, hostNamed(name));
  const { looking } = recorded;
  const { root } = looking;
  const before = await readTree(root);
  const { installed } = await adoptRecorded(recorded);
  const places = {
    looking,
    ...{ memory: join(root, MEMORY), adopted: join(root, ADOPTED) },
    bridges: () => Promise.resolve([]),
  };
  return { ...recorded, root, before, places, installed };
}

for (const name of Object.keys(HOSTS)) {
  test(`cards of a host with xapi are taken, and a release gives them back: ${name}`, async (t) => {
    const { root, before, places, installed, called, looking } = await adoptedHost(t, name);
    t.true(await takeOverHost(installed, places));
    // Nobody configures them any more, and the DHCP client of systemd-networkd least of all.
    const { ifupdown, netplan } = await readConfigFiles(root);
    for (const { text } of ifupdown) t.notRegex(text, /iface ens3/);
    for (const { text } of netplan) t.notRegex(text, /ens3:/);
    t.true(called.includes('ip address flush dev ens3'));
    t.regex(called.at(-1) ?? '', /^systemctl disable --quiet --now systemd-networkd\.service/);
    t.is(await readTaken(places.adopted), undefined);
    t.not(await interruptedHost(places.memory), undefined);

    // A cut, and once more; then the network answers.
    const between = await readTree(root);
    t.true(await takeOverHost(installed, places));
    t.deepEqual(await readTree(root), between);
    await settleHost(places.memory, places.adopted);
    t.is(await interruptedHost(places.memory), undefined);
    called.length = 0;
    t.false(await takeOverHost(installed, places), 'later starts leave all as it is');
    t.deepEqual(called, []);

    const { state, notes } = await release(looking);
    t.deepEqual([state, notes], ['released', []]);
    t.deepEqual(await readTree(root), before);
    const unit = await readFile(join(root, RELEASE_UNIT), 'utf8');
    t.regex(unit, /del-br xenbr0/);
    const wasEnabled = HOSTS[name]?.enabled?.includes('systemd-networkd.service') === true;
    t.is(called.includes('systemctl enable --quiet systemd-networkd.service'), wasEnabled);
  });
}

test('before the network has answered, both a start without Xen and a release bring back what was', async (t) => {
  const first = await adoptedHost(t, 'networkd-dhcp');
  const kept = await readTree(first.root);
  await takeOverHost(first.installed, first.places);
  const former = await interruptedHost(first.places.memory);
  t.truthy(former);
  first.called.length = 0;
  if (former !== undefined) await giveCardsBack(former, first.looking);
  const { [`${MEMORY.slice(1)}/network-before.json`]: memory, ...rest } = await readTree(
    first.root,
  );
  t.truthy(memory);
  t.deepEqual(rest, kept);
  // It was switched off for xcp-networkd.
  t.deepEqual(first.called.slice(-2), [
    'systemctl enable --quiet systemd-networkd.service',
    'systemctl restart systemd-networkd.service',
  ]);

  const second = await adoptedHost(t, 'ifupdown-static');
  await takeOverHost(second.installed, second.places);
  t.is((await release(second.looking)).state, 'released');
  t.deepEqual(await readTree(second.root), second.before);
  t.true(await exists(join(second.root, RELEASE_UNIT)));
});

test('a host that an installation made has nobody to take cards from', async (t) => {
  const { installed, places, called } = await adoptedHost(t, 'ifupdown-static');
  t.false(await takeOverHost({ disks: installed.disks }, places));
  t.deepEqual(called, []);
});
