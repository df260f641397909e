// Menus of GRUB: what starts by default, what starts Xen; the form of a menu is that of Debian's own scripts.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { run } from '../../../src/common/process.ts';
import {
  readBootOrder,
  restoreBootOrder,
  startXenAlways,
  startXenOnce,
  whatStarts,
} from '../../../src/firstboot/adopt/boot-order.ts';
import {
  findDefault,
  findPath,
  formerDefault,
  isXenEntry,
  parseEnvironment,
  parseMenu,
  readsSavedEntry,
} from '../../../src/firstboot/adopt/grub.ts';
import { toolsRoot } from '../../tools-root.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { inNamespaces } from '../namespaces.ts';
import { recordHost, readHost } from './hosts.ts';
import { MENU, PLAIN_ENTRY, XEN_ENTRY } from './menu.ts';
import { hostNamed } from './recorded.ts';

const menu = parseMenu(MENU);

test('entries are found by number, title and id, in submenus too', (t) => {
  t.is(findPath(menu, isXenEntry), XEN_ENTRY);
  t.is(
    findPath(menu, (item) => !isXenEntry(item)),
    PLAIN_ENTRY,
  );
  const title = (wanted: string): string | undefined => findDefault(menu, wanted)?.title;
  t.is(title('0'), 'Debian GNU/Linux');
  t.is(title('1'), 'Debian GNU/Linux, with Linux 6.12.48-amd64');
  t.is(title('1>0'), 'Debian GNU/Linux, with Linux 6.12.48-amd64');
  t.is(title('2'), 'Debian GNU/Linux, with Xen hypervisor');
  t.is(title('3>0>0'), 'Debian GNU/Linux, with Xen 4.20-amd64 and Linux 6.12.48-amd64');
  t.is(title('uefi-firmware'), 'UEFI Firmware Settings');
  t.is(title('Debian GNU/Linux'), 'Debian GNU/Linux');
  for (const wanted of ['9', '0>0', 'nothing', '']) t.is(title(wanted), undefined);
  t.true(readsSavedEntry(MENU));
  t.false(readsSavedEntry('set default="0"'));
});

test('what was started by default is what the settings of others say', (t) => {
  t.is(formerDefault([]), '0');
  t.is(
    formerDefault(['GRUB_DEFAULT=2\n#GRUB_DEFAULT=3\n', 'GRUB_DEFAULT="1>2" # the old one\n']),
    '1>2',
  );
  t.is(formerDefault(["GRUB_DEFAULT='Debian GNU/Linux'"]), 'Debian GNU/Linux');
  t.is(formerDefault(['GRUB_DEFAULT=saved\n', '  GRUB_DEFAULT=$( printf x )\n']), 'saved');
  t.deepEqual(
    [...parseEnvironment('# GRUB Environment Block\nsaved_entry=a\\\\b\nnext_entry=\n####')],
    [
      ['saved_entry', 'a\\b'],
      ['next_entry', ''],
    ],
  );
});

test('no text of a menu makes it fail', (t) => {
  const part = fc.constantFrom(
    "menuentry '",
    'submenu ',
    "'",
    '"',
    '\\',
    '{',
    '}',
    '\n',
    '$menuentry_id_option ',
    'a>b',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), fc.string(), (parts, wanted) => {
      const items = parseMenu(parts.join(''));
      findDefault(items, wanted);
      findPath(items, isXenEntry);
      formerDefault([parts.join('')]);
    }),
  );
  t.pass();
});

/** Programs that look at disks, which this machine does not have. */
const FAKES = {
  'grub-probe':
    'case "$*" in *fs_uuid*) echo 1111-22;; *target=fs*) echo ext2;; *abstraction*) ;; *) echo hd0;; esac',
  'grub-mkrelpath': 'for last; do :; done; echo "$last"',
  'grub-file': '[ "$1" = --is-x86-multiboot2 ]',
};

const SCENE = `
mount -t tmpfs none /boot
for v in 6.12.48-amd64 6.12.41-amd64; do
  echo x > /boot/vmlinuz-$v; echo x > /boot/initrd.img-$v; echo CONFIG_XEN_DOM0=y > /boot/config-$v
done
echo x > /boot/xen-4.20-amd64.gz; echo x > /boot/xen-4.20-amd64.efi
for part in 00_header 10_linux 20_linux_xen; do sh "$1/etc/grub.d/$part" 2>/dev/null; done
`;

test('the scripts of the distribution write what is read here', async (t) => {
  const directory = await temporaryDirectory(t);
  const tools = toolsRoot();
  const programs = join(directory, 'bin');
  await mkdir(programs);
  for (const [name, text] of Object.entries(FAKES)) {
    await writeFile(join(programs, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(programs, name), 0o755);
  }
  const environment = {
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    pkgdatadir: join(tools, 'usr/share/grub'),
    ...{ GRUB_DEVICE: '/dev/vda1', GRUB_DEVICE_UUID: '1111-22', GRUB_FS: 'ext2' },
    ...{ GRUB_DEVICE_BOOT: '/dev/vda1', GRUB_DISTRIBUTOR: 'Debian', GRUB_DEFAULT: 'saved' },
    ...Object.fromEntries(
      Object.keys(FAKES).map((name) => [name.replace('-', '_'), join(programs, name)]),
    ),
  };
  const inside = ['unshare', '--user', '--map-root-user', '--mount'];
  const seen = await inNamespaces(t, () =>
    run([...inside, 'sh', '-c', SCENE, 'scene', tools], { environment, extendEnvironment: true }),
  );
  if (seen === undefined) return;
  const text = seen.stdout;
  const items = parseMenu(text);
  t.true(readsSavedEntry(text));
  t.is(findPath(items, isXenEntry), 'xen-gnulinux-simple-1111-22');
  t.is(findDefault(items, '0')?.id, 'gnulinux-simple-1111-22');
  t.is(
    findDefault(items, '3>0>0')?.title,
    'Debian GNU/Linux, with Xen 4.20-amd64 and Linux 6.12.48-amd64',
  );
});

test('Xen is started once, then always, and at the end what was before', async (t) => {
  const host = hostNamed('ifupdown-static');
  const recorded = await recordHost(t, {
    ...host,
    files: {
      ...host.files,
      'boot/grub/grubenv': '# GRUB Environment Block\nsaved_entry=mine\n',
      'etc/default/grub': 'GRUB_DEFAULT="1>0"\n',
    },
  });
  const { looking } = recorded;
  const environment = async (): Promise<object> =>
    Object.fromEntries(parseEnvironment(await readHost(recorded, 'boot/grub/grubenv')));
  const { record, warnings } = await readBootOrder(looking);
  t.deepEqual(record, { loader: 'grub', former: '1>0', xen: XEN_ENTRY, saved: 'mine' });
  t.deepEqual(warnings, []);
  if (record.loader !== 'grub') return;
  t.is(await whatStarts(record, looking), 'former');
  await startXenOnce(record, looking);
  t.deepEqual(await environment(), { saved_entry: '1>0', next_entry: XEN_ENTRY });
  t.is(await whatStarts(record, looking), 'xen-once');
  await startXenAlways(record, looking);
  t.deepEqual(await environment(), { saved_entry: XEN_ENTRY });
  t.is(await whatStarts(record, looking), 'xen');
  await restoreBootOrder(record, looking);
  await restoreBootOrder(record, looking);
  t.deepEqual(await environment(), { saved_entry: 'mine' });
});

test('a host without GRUB, without Xen in its menu, or with a disk that GRUB cannot write to is told so', async (t) => {
  const host = hostNamed('ifupdown-static');
  const read = async (files: Record<string, string>, programs: Record<string, string> = {}) => {
    const { looking } = await recordHost(t, { ...host, files, programs });
    return readBootOrder(looking);
  };
  t.like(await read({}), {
    record: {
      loader: 'none',
      why: 'there is no /boot/grub/grub.cfg: let the boot loader of this host start Xen',
    },
  });
  const plain = MENU.replaceAll('xen-gnulinux', 'gnulinux');
  t.like((await read({ 'boot/grub/grub.cfg': plain })).record, { loader: 'none' });
  const fixed = MENU.replace('"${saved_entry}"', '"0"');
  const { warnings } = await read(
    { 'boot/grub/grub.cfg': fixed },
    { 'grub-probe --target=abstraction /boot/grub': 'lvm\n' },
  );
  t.is(warnings.length, 2);
  t.regex(warnings.join(), /GRUB_DEFAULT=saved and update-grub are missing.*is on lvm/);
});
