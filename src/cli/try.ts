// kronos try
import { Option, type Command } from 'commander';
import type { Attachment, Disk, DiskBus, DisplayKind, Firmware } from '../lab/machine-options.ts';
import type { Programs } from '../lab/programs.ts';
import {
  addCommonOptions,
  cacheDirectory,
  collect,
  createSubCommand,
  DEFAULT_OUTPUT,
  parseCount,
} from './options.ts';
import type { CommonOptions, Outcome, Runner, Session } from './session.ts';

interface TryOptions extends CommonOptions {
  firmware: Firmware;
  attach: Attachment;
  pxe?: string;
  bootfile?: string;
  httpPort: number;
  disk?: string[];
  until?: string;
  timeout: number;
  serialLog?: string;
  entry?: string;
  display: DisplayKind | 'serial';
  memory?: number;
  cpus?: number;
  qemu?: string;
  cache?: string;
  mirror?: string;
}

const BUSES: readonly DiskBus[] = ['virtio', 'ahci', 'nvme', 'usb'];

/** Defines `kronos try`. */
export function createCommand(run: Runner): Command {
  const command = createSubCommand(
    'try',
    'Boots an ISO, a disk image or a network boot tree in a virtual machine; its serial line is your terminal (Ctrl-A X leaves). The image is never written. QEMU comes from the lab edition, nothing is installed.',
    [
      'kronos try',
      'kronos try --firmware uefi --attach usb --until "login:" --timeout 300',
      'kronos try --pxe out/debian-13-amd64/pxe --disk virtio:./disk.raw',
    ],
  )
    .argument('[image]', 'an ISO, a disk image, or a directory that kronos build made')
    .addOption(
      new Option('--firmware <KIND>', 'firmware of the machine')
        .choices(['bios', 'uefi'])
        .default('bios'),
    )
    .addOption(
      new Option('--attach <BUS>', 'how the image is attached')
        .choices(['cdrom', ...BUSES])
        .default('cdrom'),
    )
    .option('--pxe <DIR>', 'boot from the network: a boot tree that kronos build made')
    .option('--bootfile <NAME>', 'its first file (default boot.ipxe, grubx64.efi with UEFI)')
    .addOption(
      new Option('--http-port <PORT>', 'where its files are served to the machine')
        .argParser(parseCount)
        .default(80),
    )
    .option(
      '--disk <[BUS:]FILE>',
      `a disk that is written to; BUS is one of ${BUSES.join(', ')} (repeatable)`,
      collect,
    )
    .option('--until <TEXT>', 'end as soon as the serial line shows this text')
    .addOption(
      new Option('--timeout <SECONDS>', 'give up waiting for the text')
        .argParser(parseCount)
        .default(900),
    )
    .option('--serial-log <FILE>', 'keep what the serial line says')
    .option('--entry <KEY>', 'press the key of an entry in the boot menu')
    .addOption(
      new Option('--display <KIND>', 'what you see of it')
        .choices(['serial', 'curses', 'vnc', 'gtk', 'none'])
        .default('serial'),
    )
    .addOption(
      new Option('--memory <MIB>', 'memory of the machine (default 4096)').argParser(parseCount),
    )
    .addOption(
      new Option('--cpus <N>', 'processors of the machine (default 2)').argParser(parseCount),
    )
    .option('--qemu <PROGRAM>', "a QEMU of this machine instead of the lab's")
    .option('--cache <DIR>', 'where the lab is kept (default ~/.cache/kronos)')
    .option('--mirror <URL>', 'mirror to fetch the lab from, should it be missing');
  return addCommonOptions(command).action((image: string | undefined, options: TryOptions) =>
    run(options, (session) => tryImage(image, options, session)),
  );
}

async function tryImage(
  image: string | undefined,
  options: TryOptions,
  session: Session,
): Promise<Outcome> {
  const { describeTry, tryMedium } = await import('../lab/try.ts');
  const { observeStep } = await import('../common/progress.ts');
  const medium =
    options.pxe === undefined && (image !== undefined || options.disk === undefined)
      ? await findImage(image ?? DEFAULT_OUTPUT)
      : image;
  const programs = await findPrograms(options, session);
  const watching = options.until !== undefined || session.json;
  const work = (progress: Parameters<typeof tryMedium>[1]) =>
    tryMedium(
      {
        programs,
        medium,
        firmware: options.firmware,
        attach: options.attach,
        pxe: bootTree(options),
        disks: (options.disk ?? []).map(parseDisk),
        until: options.until,
        timeoutSeconds: options.timeout,
        serialLog: options.serialLog,
        entry: options.entry,
        display: options.display,
        memory: options.memory,
        cpus: options.cpus,
        terminal: watching ? undefined : { input: process.stdin, output: process.stdout },
      },
      progress,
      session.signal,
    );
  // A person at the console needs the terminal for it; a list would draw over what the machine says.
  const result = watching
    ? await session.show({ title: `Trying ${medium ?? options.pxe ?? ''}` }, (observer) =>
        observeStep(observer, 'machine', 'Boot', work),
      )
    : await work({ note: () => undefined, log: () => undefined, warn: () => undefined });
  return { json: result, text: describeTry(result) };
}

async function findPrograms(options: TryOptions, session: Session): Promise<Programs> {
  const { hostPrograms, labPrograms } = await import('../lab/programs.ts');
  if (options.qemu !== undefined) return await hostPrograms(options.qemu);
  const { ensureTools } = await import('../builder/build.ts');
  const root = await session.show({ title: 'Preparing the lab' }, (observer) =>
    ensureTools({
      edition: 'lab',
      cache: cacheDirectory(options.cache),
      mirror: options.mirror,
      observer,
      signal: session.signal,
    }),
  );
  return labPrograms(root);
}

/** A directory stands for the ISO in it. */
async function findImage(path: string): Promise<string> {
  const { statOrUndefined } = await import('../common/files.ts');
  if ((await statOrUndefined(path))?.isDirectory() !== true) return path;
  const { openRelease } = await import('../builder/manifest/release.ts');
  return (await openRelease(path)).iso;
}

/** The network ROM of a BIOS machine is iPXE and takes a script; UEFI takes a program. */
function bootTree({ pxe, bootfile, firmware, httpPort }: TryOptions) {
  if (pxe === undefined) return undefined;
  const usual = firmware === 'uefi' ? 'grubx64.efi' : 'boot.ipxe';
  return { directory: pxe, bootfile: bootfile ?? usual, httpPort };
}

function parseDisk(text: string): Disk {
  const bus = BUSES.find((name) => text.startsWith(`${name}:`));
  return bus === undefined
    ? { path: text, bus: 'virtio' }
    : { path: text.slice(bus.length + 1), bus };
}
