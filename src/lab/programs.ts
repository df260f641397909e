// Where QEMU and its firmware come from: the unpacked packages of the lab, or the machine's own QEMU.
import { dirname, join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { exists } from '../common/files.ts';

export interface Programs {
  /** The argument array that runs qemu-system-x86_64; options follow. */
  qemu: readonly string[];
  /** Variables that QEMU needs besides those of the caller. */
  environment: Readonly<Record<string, string>>;
  /** Directories with the ROMs of the machine, first match wins. */
  dataDirectories: readonly string[];
  /** UEFI firmware: its code and the file of empty variables that every machine gets a copy of. */
  uefi: { code: string; variables: string } | undefined;
  /** Whether this QEMU can open windows of its own. */
  windows: boolean;
}

const LOADERS: Readonly<Record<string, readonly [loader: string, libraries: string]>> = {
  x64: ['usr/lib64/ld-linux-x86-64.so.2', 'usr/lib/x86_64-linux-gnu'],
  arm64: ['usr/lib/ld-linux-aarch64.so.1', 'usr/lib/aarch64-linux-gnu'],
};

const HOST_UEFI: readonly (readonly [code: string, variables: string])[] = [
  ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
  ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'],
  ['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'],
  ['/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'],
];

/**
 * The programs of a directory into which the packages of the `lab` edition were unpacked. They run through the
 * directory's own loader, so nothing is installed and the QEMU of the tests is the same everywhere.
 */
export function labPrograms(root: string, architecture: string = process.arch): Programs {
  const layout = LOADERS[architecture];
  if (layout === undefined) {
    throw new KronosError('host/architecture', `the lab has no QEMU for ${architecture}`, {
      hint: 'install QEMU on this machine and name it with --qemu PATH',
    });
  }
  const [loader, libraries] = layout;
  return {
    qemu: [
      join(root, loader),
      '--library-path',
      join(root, libraries),
      join(root, 'usr/bin/qemu-system-x86_64'),
    ],
    // QEMU would otherwise load the modules of an installed QEMU, which is of another version.
    environment: { QEMU_MODULE_DIR: join(root, libraries, 'qemu') },
    dataDirectories: [join(root, 'usr/share/qemu'), join(root, 'usr/share/seabios')],
    uefi: {
      code: join(root, 'usr/share/OVMF/OVMF_CODE_4M.fd'),
      variables: join(root, 'usr/share/OVMF/OVMF_VARS_4M.fd'),
    },
    windows: false,
  };
}

/** The machine's own QEMU at `path`, with the UEFI firmware found in the usual places, if any. */
export async function hostPrograms(path: string): Promise<Programs> {
  const beside = join(dirname(dirname(path)), 'share/qemu');
  const places = [
    [join(beside, 'edk2-x86_64-code.fd'), join(beside, 'edk2-i386-vars.fd')] as const,
    ...HOST_UEFI,
  ];
  let uefi: Programs['uefi'];
  for (const [code, variables] of places) {
    if ((await exists(code)) && (await exists(variables))) {
      uefi = { code, variables };
      break;
    }
  }
  return { qemu: [path], environment: {}, dataDirectories: [], uefi, windows: true };
}

/** The start of every QEMU command line: the program and where its ROMs are. */
export function qemuCommand(programs: Programs): string[] {
  return [
    ...programs.qemu,
    ...programs.dataDirectories.flatMap((directory) => ['-L', directory]),
    '-no-user-config',
    '-nodefaults',
  ];
}
