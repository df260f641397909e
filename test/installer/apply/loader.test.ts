// The boot menu of an installed host.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../../../src/common/process.ts';
import { renderDiskMenu, type DiskMenu } from '../../../src/installer/apply/loader.ts';
import { compareWithGolden } from '../../golden.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { planCase } from '../plan/machines.ts';

const A = { name: 'a', uuid: '11111111-1111-4111-8111-111111111111' };
const B = { name: 'b', uuid: '22222222-2222-4222-8222-222222222222' };

const MENUS: Readonly<Record<string, { host: string; machine: string; slots: DiskMenu['slots'] }>> =
  {
    usual: { machine: 'whitebox-sata-usb', host: 'nvme', slots: [A] },
    'two-slots-and-arguments': { machine: 'dell-r650-nvme', host: 'bond-vlan', slots: [B, A] },
  };

for (const [name, { slots, ...one }] of Object.entries(MENUS)) {
  test(`the menu: ${name}`, async (t) => {
    const { plan } = await planCase(one);
    const menu = renderDiskMenu({
      ...{ product: 'Kronos 0.1.0', hostname: plan.hostname, boot: plan.boot, slots },
      xen: 'xen-4.20-amd64.gz',
    });
    await compareWithGolden(t, import.meta.url, `menu-${name}.cfg`, menu);
    t.false(menu.includes('undefined'));
    const ids = [...menu.matchAll(/--id (\S+)/g)].map(([, id]) => id);
    t.is(new Set(ids).size, ids.length);
    t.true(ids.includes(/^set default=(.+)$/m.exec(menu)?.[1]));
    const file = join(await temporaryDirectory(t), 'grub.cfg');
    await writeFile(file, menu);
    const check = await run(['grub-script-check', file]).catch((error: unknown) => error);
    // It comes with GRUB's tools, which need not be here.
    if (/tool-missing/.test(String((check as { code?: unknown }).code))) return;
    t.false(check instanceof Error, String(check));
  });
}

test('the entry before comes from the other slot', async (t) => {
  const { plan } = await planCase({ machine: 'whitebox-sata-usb', host: 'nvme' });
  const menu = (slots: DiskMenu['slots']): string =>
    renderDiskMenu({
      ...{ product: 'Kronos', hostname: 'x', boot: plan.boot, slots, xen: 'xen.gz' },
    });
  t.notRegex(menu([A]), /--id previous/);
  t.regex(menu([B, A]), /--id previous .*\{\n.*--set=root 1{8}-/);
  t.throws(() => menu([]), { instanceOf: TypeError });
});
