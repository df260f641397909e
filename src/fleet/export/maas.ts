// MAAS: a custom image with kernel and initrd of the installer, and per host a curtin preseed that starts it by kexec.
// Curtin itself writes to no disk: which disk a host is installed on is for its host file to say.
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { KronosError, KronosErrors } from '../../common/error.ts';
import { withTemporaryDirectory } from '../../common/files.ts';
import { bootArguments } from './boot-arguments.ts';
import type { UserDataSource } from './boot-arguments.ts';
import type { ExportHost } from './host.ts';
import type { ExportImage } from './image.ts';
import type { OutputFile } from './output.ts';
import { formatScript, quote } from './script.ts';

/** `source`: where the machine with a host fetches its user-data. */
export interface MaasOptions {
  image: ExportImage;
  source: (host: ExportHost) => UserDataSource;
}

/** Name of the image archive in the export. */
function archiveName(image: ExportImage): string {
  return `${image.id}.tgz`;
}

/**
 * Preseeds and commands; the archive is made by packImage.
 * Errors: `input/export-name` where two hosts have one name but for their domain, which MAAS keeps apart from it.
 */
export function exportMaas(hosts: readonly ExportHost[], options: MaasOptions): OutputFile[] {
  refuseNamesakes(hosts);
  const { image } = options;
  return [
    ...hosts.map((host) => ({
      path: `maas/preseeds/${preseedName(image, host)}`,
      content: formatPreseed(host, options),
    })),
    { path: 'maas/commands.sh', content: formatCommands(hosts, image), kind: 'program' },
  ];
}

/** As MAAS calls the machine: without its domain. */
function shortName(host: ExportHost): string {
  return host.name.toLowerCase().replace(/\..*$/, '');
}

function refuseNamesakes(hosts: readonly ExportHost[]): void {
  const names = hosts.map(shortName);
  const errors = hosts
    .filter((_host, index) => names.indexOf(names[index] ?? '') !== index)
    .map(
      ({ name }) =>
        new KronosError('input/export-name', `another host is called ${name} but for its domain`, {
          hint: 'MAAS names preseeds without the domain; rename one of the two, or export one by --host',
        }),
    );
  if (errors.length > 0) throw new KronosErrors(errors);
}

/** MAAS looks for PREFIX_OSYSTEM_ARCHITECTURE_SUBARCHITECTURE_RELEASE_NAME first, for shorter names then. */
function preseedName(image: ExportImage, host: ExportHost): string {
  return `curtin_userdata_custom_${image.architecture}_generic_${image.id}_${shortName(host)}`;
}

/** Puts the image that curtin fetched into memory in place of itself. Its first argument is the kernel line. */
const START = [
  'set -eu',
  'command -v kexec >/dev/null || { apt-get -q update; DEBIAN_FRONTEND=noninteractive apt-get -qy install kexec-tools; }',
  'cd "$TARGET_MOUNT_POINT/boot"',
  'kexec --load vmlinuz --initrd=initrd.img --command-line="$1"',
  'systemctl kexec',
].join('; ');

/**
 * Read by MAAS as a template (tempita) and by curtin as YAML. Commands of a stage run in the order of their names. The
 * stages that divide disks and make the image an Ubuntu are left out.
 */
function formatPreseed(host: ExportHost, { image, source }: MaasOptions): string {
  const line = bootArguments(image, host, source(host));
  const tellMaas = `["wget", "--no-proxy", "{{node_disable_pxe_url}}", "--post-data", "{{node_disable_pxe_data}}", "-O", "/dev/null"]`;
  return [
    '#cloud-config',
    `# ${host.name}: ${image.title}, started by kexec; it installs by its host file.`,
    'stages: ["early", "extract", "late"]',
    'late_commands:',
    `  10_maas: ${tellMaas}`,
    `  20_kronos: ${JSON.stringify(['sh', '-c', START, 'kronos', line])}`,
    '',
  ].join('\n');
}

function formatCommands(hosts: readonly ExportHost[], image: ExportImage): string {
  const archive = archiveName(image);
  const name = quote(`custom/${image.id}`);
  const upload = [
    'maas "$PROFILE" boot-resources create',
    `name=${name} title=${quote(image.title)}`,
    `architecture=${quote(`${image.architecture}/generic`)} filetype=tgz content@=${quote(archive)}`,
  ];
  const deploy = hosts.flatMap((host) => [
    '',
    `# ${host.name}`,
    `SYSTEM_ID=$(maas "$PROFILE" machines read mac_address=${host.mac} | jq -er '.[0].system_id')`,
    `maas "$PROFILE" machine update "$SYSTEM_ID" hostname=${quote(shortName(host))}`,
    'maas "$PROFILE" machines allocate system_id="$SYSTEM_ID"',
    `maas "$PROFILE" machine deploy "$SYSTEM_ID" osystem=custom distro_series=${quote(image.id)}`,
  ]);
  return formatScript(
    [
      'Uploads the image and deploys the machines. Run it on a region controller, after `maas login`.',
      'The machines are known to MAAS and Ready. It needs jq.',
    ],
    [
      'PROFILE=${PROFILE:-admin}',
      '# Of a MAAS from a .deb: /etc/maas/preseeds',
      'PRESEEDS=${PRESEEDS:-/var/snap/maas/current/preseeds}',
      'cp preseeds/* "$PRESEEDS"',
      upload.join(' \\\n  '),
      ...deploy,
    ],
  );
}

/** Seconds since 1970 of every file in the archive: the same image gives the same archive. */
const DATE = 0;

/** The archive of the image: kernel and initrd below boot/. Errors: those of reading the release. */
export async function packImage(image: ExportImage): Promise<OutputFile> {
  return withTemporaryDirectory(tmpdir(), async (scratch) => {
    await mkdir(join(scratch, 'boot'));
    const files = ['boot/vmlinuz', 'boot/initrd.img'] as const;
    await writeFile(join(scratch, files[0]), await image.read('kernel'));
    await writeFile(join(scratch, files[1]), await image.read('initrd'));
    for (const file of files) await utimes(join(scratch, file), DATE, DATE);
    const archive = join(scratch, 'image.tgz');
    const mtime = new Date(DATE * 1000);
    // Both are compressed already.
    const gzip = { level: 1 };
    await create({ cwd: scratch, file: archive, gzip, portable: true, mtime }, [...files]);
    return { path: `maas/${archiveName(image)}`, content: await readFile(archive) };
  });
}
