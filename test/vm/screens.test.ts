// Installed by a person at the serial line: the screens, answered key by key, and the host that comes of it.
import test, { type ExecutionContext } from 'ava';
import { KEYS } from '../../src/lab/console.ts';
import { temporaryDirectory } from '../temporary.ts';
import { makeDisk } from './disk.ts';
import { resumeLive, sharedLive } from './live.ts';
import { bootMedium, type Machine } from './machine.ts';
import { FULL } from './media.ts';

/** F5: looks at the machine again, as after a disk was plugged in. */
const LOOK_AGAIN = '\x1b[15~';

/** Seconds for one page: a machine without KVM hashes and looks at disks slowly. */
const PAGE = 120;

/** Belongs to the long matrix. */
const longTest = FULL ? test : test.skip;

longTest('answered on the serial line, the screens install a host that starts', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = await makeDisk(directory, 'disk');
  const machine = await resumeLive(t.title, await sharedLive());
  t.teardown(machine.stop);
  await machine.plug({ path, bus: 'virtio', serial: 'KRONOS-LAB-0' });
  await machine.shell('udevadm settle; clear');
  // The shell was opened from the screens.
  await answer(t, machine, /Install on this machine/, `exit${KEYS.enter}`);
  await answer(t, machine, /The keyboard at the screen/, KEYS.enter);
  await answer(t, machine, /Which disk is the system installed on|no disk/i, KEYS.enter);
  await answer(t, machine, /KRONOS-LAB-0/, LOOK_AGAIN);
  await answer(t, machine, /Through which network card/, KEYS.enter);
  await answer(t, machine, /by DHCP/, KEYS.enter);
  await answer(t, machine, /The name of this host/, `${KEYS.enter}${KEYS.enter}`);
  await answer(t, machine, /Search:/, `xen01${KEYS.enter}`);
  await answer(t, machine, /Password of root/, KEYS.enter);
  const password = `lab-password${KEYS.enter}`;
  await answer(t, machine, /Installation of xen01/, `${password}${password}${KEYS.enter}`);
  t.regex((await machine.screen()).join('\n'), /NOW +AFTERWARDS/);
  await machine.type(KEYS.enter);
  await machine.expect(/Kronos is installed on vda/, 1800);
  await checkScreen(t, machine);
  await machine.type(KEYS.enter);
  await machine.off(300);
  await machine.stop();
  const host = await bootMedium({
    ...{ name: `${t.title}, start`, firmware: 'bios', bootFrom: 'disk' },
    disks: [{ path, bus: 'virtio' }],
  });
  t.teardown(host.stop);
  await host.expect(/serial console/, 300);
  await host.type('n');
  await host.expect(/xen01 login:/);
  t.false(host.console.transcript().includes('lab-password'));
});

/** Types keys and waits for the page that they lead to. */
async function answer(
  t: ExecutionContext,
  machine: Machine,
  next: RegExp,
  keys: string,
): Promise<void> {
  await machine.type(keys);
  await machine.expect(next, PAGE);
  await checkScreen(t, machine);
}

/** What is seen is a whole page: its title above, its keys below, all of it in 80 columns of ASCII. */
async function checkScreen(t: ExecutionContext, machine: Machine): Promise<void> {
  // The last line of a page is drawn after the one that was waited for.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const lines = await machine.screen();
  t.is(lines.length, 24);
  t.regex(lines[0] ?? '', /^ Kronos \S+ {2}\| {2}\S/);
  t.is(lines[22], '-'.repeat(80));
  t.regex(lines[23] ?? '', /Enter|F2 shell/);
  for (const line of lines) t.regex(line, /^[ -~]{0,80}$/);
}
