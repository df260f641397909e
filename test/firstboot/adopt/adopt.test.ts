// Hosts that run, one for each manager of a network: the host file that comes of them, and what is remembered.
import { join } from 'node:path';
import test from 'ava';
import { listFiles } from '../../../src/common/files.ts';
import { adopt } from '../../../src/firstboot/adopt/adopt.ts';
import { planChanges } from '../../../src/firstboot/adopt/changes.ts';
import { describeAdoption } from '../../../src/firstboot/adopt/describe.ts';
import { readConfigFiles } from '../../../src/firstboot/adopt/read-config.ts';
import { readInstalled } from '../../../src/firstboot/installed.ts';
import { networkFiles } from '../../../src/firstboot/network/files.ts';
import { planBridges, switchArguments } from '../../../src/firstboot/network/switch.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { compareWithGolden } from '../../golden.ts';
import { readHost, recordHost } from './hosts.ts';
import { HOSTS } from './recorded.ts';

const isBlank = (): Promise<boolean> => Promise.resolve(true);

for (const [name, host] of Object.entries(HOSTS)) {
  test(`a host is adopted: ${name}`, async (t) => {
    const recorded = await recordHost(t, host);
    const { looking, probe } = recorded;
    const before = await listFiles(looking.root);
    const adoption = await adopt({ looking, probe, isBlank });
    const text = await readHost(recorded, 'etc/kronos/host.yaml');
    const { hostFile } = await parseHostFile(text, 'host.yaml', { toolstack: 'xl' });
    const installed = await readInstalled(join(looking.root, 'etc/kronos/installed.json'));
    const bridges = planBridges(hostFile.network, installed.disks.networks, { keepNames: true });
    const changes = planChanges(
      { cards: bridges.flatMap(({ cards }) => cards), virtual: installed.adopted?.virtual ?? [] },
      {
        files: await readConfigFiles(looking.root),
        networkManager: name.startsWith('network-manager'),
        cloudInit: name.startsWith('netplan'),
      },
    );
    const files = networkFiles(bridges, { adopted: true });
    await compareWithGolden(
      t,
      import.meta.url,
      `${name}.txt`,
      [
        ...['--- said', describeAdoption(adoption)],
        ...['--- /etc/kronos/host.yaml', text],
        ...['--- adopted', JSON.stringify(installed.adopted)],
        ...['--- networks', ...installed.disks.networks.map((one) => JSON.stringify(one))],
        ...['--- ovs-vsctl', switchArguments(bridges).join(' ').replaceAll(' -- ', '\n-- ')],
        ...files.map((file) => `--- ${file.name}\n${file.text}`),
        ...changes.map(({ path, after }) => `--- ${path}\n${after ?? '(goes)\n'}`),
      ].join('\n'),
    );
    // Nothing of what was there is another.
    const after = await listFiles(looking.root);
    t.deepEqual(
      after.filter(
        (path) => !before.includes(path) && !path.startsWith('var/lib/kronos/adopted/files/'),
      ),
      ['etc/kronos/host.yaml', 'etc/kronos/installed.json', 'var/lib/kronos/adopted/record.json'],
    );
    const again = await adopt({ looking, probe, isBlank });
    t.is(again.state, 'known');
    t.is(await readHost(recorded, 'etc/kronos/host.yaml'), text);
  });
}
