// The files of a host, as texts.
import test from 'ava';
import { fileSystemTable, hostTexts } from '../../../src/installer/apply/files.ts';
import { compareWithGolden } from '../../golden.ts';
import { planCase } from '../plan/machines.ts';

const IDS = {
  rootA: '11111111-1111-4111-8111-111111111111',
  state: '22222222-2222-4222-8222-222222222222',
  swap: '33333333-3333-4333-8333-333333333333',
  efi: ['44444444'],
};

const HOSTS: Readonly<Record<string, { machine: string; host: string }>> = {
  dhcp: { machine: 'whitebox-sata-usb', host: 'nvme' },
  'static-both': { machine: 'whitebox-sata-usb', host: 'static-both' },
  'ipv6-auto': { machine: 'whitebox-sata-usb', host: 'ipv6-auto' },
  vlan: { machine: 'dell-r650-nvme', host: 'bond-vlan' },
};

for (const [name, one] of Object.entries(HOSTS)) {
  test(`files of a host: ${name}`, async (t) => {
    const { hostFile, plan } = await planCase(one);
    const texts = hostTexts(hostFile, plan);
    const shown = texts.map(({ path, text, mode }) => `==> ${path} ${mode.toString(8)}\n${text}`);
    await compareWithGolden(t, import.meta.url, `files-${name}.txt`, shown.join('\n'));
    t.is(new Set(texts.map(({ path }) => path)).size, texts.length);
    for (const { path, text } of texts) {
      t.true(path.startsWith('/etc/'), path);
      t.true(text.endsWith('\n') && !text.includes('undefined'), path);
      t.false(text.includes('canary8f3e'), path);
    }
  });
}

test('the file system table', async (t) => {
  const state = ['/etc/openvswitch', '/home', '/var/log'];
  await compareWithGolden(t, import.meta.url, 'fstab.txt', fileSystemTable(IDS, state, true));
  const fields = fileSystemTable(IDS, state, false)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'));
  t.true(fields.every((line) => line.length === 6));
  t.deepEqual(
    fields.map(([, where]) => where),
    ['/', '/var/lib/kronos/state', ...state],
  );
});
