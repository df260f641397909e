// kronos fleet export
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { errorToJson } from '../../common/error.ts';
import type { Engine } from '../../fleet/export/export.ts';
import type { Coordinator } from '../../fleet/export/host.ts';
import { formatWarnings } from '../host/warnings.ts';
import { addCommonOptions, collect, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner, Session } from '../session.ts';

interface ExportOptions extends CommonOptions {
  for: Engine;
  image: string;
  url?: string;
  out: string;
  host?: string[];
  seeds?: string;
  seedsSha256?: string;
  metadata?: string;
  namespace: string;
  coordinator?: Map<string, Coordinator>;
}

const ENGINES: readonly Engine[] = ['maas', 'tinkerbell', 'ironic'];

/** Defines `kronos fleet export`. */
export function createExport(run: Runner): Command {
  const command = createSubCommand(
    'export',
    'Writes what MAAS, Tinkerbell or Ironic need to install the hosts of a fleet with the same image and the same host files: their own documents, user-data for cloud-init, and a script of the commands to call. Nothing is sent anywhere. docs/fleet.md says how each of them goes about it.',
    [
      'kronos fleet export rack.yaml --for ironic --image http://192.0.2.1 --out ex',
      'kronos fleet export rack.yaml --for maas --image out/debian-13-amd64 \\\n      --url http://192.0.2.1 --seeds https://192.0.2.1/nocloud --out export',
    ],
  )
    .argument('<fleetfile>', 'the fleet file')
    .addOption(
      new Option('--for <ENGINE>', 'who installs the hosts').choices(ENGINES).makeOptionMandatory(),
    )
    .requiredOption('--image <PLACE>', 'the release: its directory, or the address it is served at')
    .option('--url <URL>', 'where machines fetch the release, if --image is a directory')
    .requiredOption('--out <DIR>', 'where to write; for its owner only, it holds secrets')
    .option('--host <NAME>', 'only this host; may be given several times', collect)
    .option('--seeds <URL>', 'where the directory nocloud of --out is served')
    .option(
      '--seeds-sha256 <DIGEST>',
      'SHA-256 of the certificate of that server; others are refused',
      parseFingerprint,
    )
    .option('--metadata <URL>', "Tinkerbell's metadata service, in place of --seeds")
    .option('--namespace <NAME>', "namespace of Tinkerbell's resources", 'tinkerbell')
    .option(
      '--coordinator <POOL=ADDRESS,SHA256>',
      'coordinator that stands already, for the members of its pool',
      collectCoordinator,
    );
  return addCommonOptions(command).action((fleetFile: string, options: ExportOptions) =>
    run(options, (session) => exportTo(fleetFile, options, session)),
  );
}

async function exportTo(
  fleetFile: string,
  options: ExportOptions,
  { signal }: Session,
): Promise<Outcome> {
  const { readFleetFile } = await import('../../fleet/file/read.ts');
  const { exportFleet } = await import('../../fleet/export/export.ts');
  const { writeOutput } = await import('../../fleet/export/output.ts');
  const { fleet } = await readFleetFile(fleetFile);
  const { seeds, seedsSha256: fingerprint, url, metadata, namespace, out } = options;
  const { image, hosts, files, warnings } = await exportFleet(fleet, {
    engine: options.for,
    image: options.image,
    hosts: options.host ?? [],
    coordinators: options.coordinator ?? new Map(),
    seeds: seeds === undefined ? undefined : { url: seeds, fingerprint },
    ...{ url, metadata, namespace, signal },
  });
  await writeOutput(out, files);
  const secret = files.filter(({ kind }) => kind === 'secret').map(({ path }) => path);
  const count = (number: number, one: string, several: string): string =>
    `${number} ${number === 1 ? one : several}`;
  const lines = [
    `${count(hosts.length, 'host', 'hosts')} of ${fleet.name} for ${options.for}, ${image.title}: ${count(files.length, 'file', 'files')} in ${out}`,
    ...(secret.length === 0
      ? []
      : [
          `${count(secret.length, 'of them is', 'of them are')} for the owner only (mode 0600): host files with their secrets, logins`,
        ]),
    `look at ${out}/${options.for}/commands.sh, then run it`,
  ];
  return {
    json: {
      ...{ fleet: fleet.name, engine: options.for, image: image.id, out },
      hosts: hosts.map(({ name, mac }) => ({ name, mac })),
      files: files.map(({ path, kind }) => ({ path, secret: kind === 'secret' })),
      warnings: warnings.map(errorToJson),
    },
    text: [...formatWarnings(warnings), ...lines].join('\n'),
  };
}

function parseFingerprint(text: string): string {
  const digits = text.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new InvalidArgumentError('It must be a SHA-256 of 64 hexadecimal digits.');
}

function collectCoordinator(
  text: string,
  previous: ReadonlyMap<string, Coordinator> = new Map(),
): Map<string, Coordinator> {
  const [, pool, address, fingerprint = ''] = /^([^=]+)=([^,]+),(.+)$/.exec(text) ?? [];
  if (pool === undefined || address === undefined)
    throw new InvalidArgumentError('It must be written POOL=ADDRESS,SHA256.');
  return new Map([...previous, [pool, { address, fingerprint: parseFingerprint(fingerprint) }]]);
}
