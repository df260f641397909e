import { join } from 'node:path';
import test from 'ava';
import {
  liveXenArguments,
  menuEntries,
  MENU_TEMPLATES,
  renderMenu,
  type MenuInput,
} from '../../../src/builder/image/menu.ts';
import { KronosError } from '../../../src/common/error.ts';
import { compareWithGolden } from '../../golden.ts';

const TEMPLATES = join(import.meta.dirname, '../../../../iso');

const MENU: MenuInput = {
  brand: 'Kronos',
  version: '0.1.0',
  edition: 'debian-13',
  architecture: 'amd64',
  label: 'KRONOS_01234567',
  xenArguments: ['dom0_mem=1024M,max:1024M', 'loglvl=info'],
  kernelArguments: ['nomodeset'],
};

for (const name of Object.keys(MENU_TEMPLATES) as (keyof typeof MENU_TEMPLATES)[]) {
  test(`the rendered ${MENU_TEMPLATES[name].replace('.hbs', '')}`, async (t) => {
    const text = await renderMenu(TEMPLATES, name, MENU);
    t.false(text.includes('{{'));
    // iPXE's menus and the text screens of GRUB are 80 columns wide.
    for (const title of text.match(/(?<=^menuentry ")[^"]*/gm) ?? [])
      t.true(title.length <= 74, title);
    await compareWithGolden(
      t,
      import.meta.url,
      `menu/${MENU_TEMPLATES[name].replace('.hbs', '')}`,
      text,
    );
  });
}

test('every entry has a name and a letter of its own that GRUB does not use itself', (t) => {
  const entries = menuEntries(MENU);
  const keys = entries.map(({ key }) => key);
  t.is(new Set(keys).size, entries.length);
  t.is(new Set(entries.map(({ id }) => id)).size, entries.length);
  // c: command line, e: edit, v: down; d and g are the menus' own.
  for (const key of keys) t.false(['c', 'e', 'v', 'd', 'g'].includes(key), key);
});

test('Xen and the kernel speak on the screen and on the serial line in every entry', (t) => {
  for (const { id, xenArguments, kernelArguments } of menuEntries(MENU)) {
    if (xenArguments !== undefined) t.regex(xenArguments, /console=com1,vga/, id);
    t.regex(kernelArguments, /console=tty0/, id);
    t.regex(kernelArguments, xenArguments === undefined ? /console=ttyS0/ : /console=hvc0/, id);
  }
});

test("live, dom0's memory and consoles are the medium's, the rest the recipes'", (t) => {
  t.deepEqual(liveXenArguments(['dom0_mem=512M', 'console=none', 'com1=9600', 'loglvl=all']), [
    'dom0_mem=max:8192M',
    'com1=115200,8n1',
    'console=com1,vga',
    'vga=current',
    'loglvl=all',
  ]);
});

test('an argument that would mean something to GRUB or iPXE is refused', (t) => {
  for (const value of ['a b', 'x;reboot', '$root', "'", '"', '', 'a|b', '{', 'a\nb']) {
    const error = t.throws(() => menuEntries({ ...MENU, kernelArguments: [value] }));
    t.true(error instanceof KronosError && error.code === 'input/boot-argument', value);
  }
  t.notThrows(() =>
    menuEntries({ ...MENU, xenArguments: ['dom0_mem=min:1G,max:2G', 'ucode=scan', 'a-b_c+d'] }),
  );
});
