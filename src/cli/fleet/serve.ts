// kronos fleet serve
import { once } from 'node:events';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { formatTable } from '../../common/format.ts';
import type { ServeRequest, Serving } from '../../fleet/serve.ts';
import { formatWarnings } from '../host/warnings.ts';
import { addCommonOptions, collect, createSubCommand, DEFAULT_OUTPUT } from '../options.ts';
import type { CommonOptions, Outcome, Runner, Session } from '../session.ts';

interface ServeOptions extends CommonOptions, Omit<ServeRequest, 'file' | 'proxies' | 'note'> {
  proxy?: string[];
}

/** Defines `kronos fleet serve`. */
export function createServe(run: Runner): Command {
  const command = createSubCommand(
    'serve',
    "Starts machines from the network, hands each its host file, and hears how it goes, until Ctrl-C; started again, it goes on where it was. Only the interface that is named is served. Addresses come from the site's DHCP server: this one adds where to start from (dnsmasq, as a proxy). Nothing is installed before: kronos fleet rollout.",
    [
      'kronos fleet serve rack.yaml --interface eth1',
      'kronos fleet serve rack.yaml --interface eth1 --no-dhcp',
    ],
  )
    .argument('<fleetfile>', 'the fleet file')
    .requiredOption('--interface <NAME>', 'the interface that the machines are on')
    .option('--tree <DIR>', 'network boot tree of kronos build', `${DEFAULT_OUTPUT}/pxe`)
    .option('--state <DIR>', 'where journal, certificate and tokens are kept', 'fleet-state')
    .addOption(
      new Option('--http-port <PORT>', 'of boot scripts and images')
        .argParser(parsePort)
        .default(8080),
    )
    .addOption(
      new Option('--https-port <PORT>', 'of machines and people')
        .argParser(parsePort)
        .default(8443),
    )
    .option('--no-dhcp', "answer no DHCP: print the lines for the site's server instead")
    .option('--no-tftp', 'serve no TFTP either: another server has STATE/tftp')
    .option(
      '--postgres <FILE>',
      'share the fleet with other servers: file with the URL of a database',
    )
    .option(
      '--server-address <ADDRESS>',
      'what machines call this server, where a proxy is before it',
    )
    .option(
      '--proxy <ADDRESS>',
      'a proxy that all connections may come from (repeatable)',
      collect,
    );
  return addCommonOptions(command).action((file: string, options: ServeOptions) =>
    run(options, (session) => serve(file, options, session)),
  );
}

function parsePort(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 65_535) {
    throw new InvalidArgumentError('It must be from 1 to 65535.');
  }
  return value;
}

async function serve(file: string, options: ServeOptions, session: Session): Promise<Outcome> {
  const { serveFleet } = await import('../../fleet/serve.ts');
  const { ensureHost } = await import('../../builder/ensure-host.ts');
  const { tftp } = options;
  await session.show({ title: 'Preparing' }, (observer) =>
    ensureHost({ observer, signal: session.signal, programs: programsFor(tftp) }),
  );
  // With --json the document comes at the end; whoever watches still sees what happens.
  const output = session.json ? process.stderr : process.stdout;
  const print = (line: string): void => {
    output.write(`${new Date().toISOString().slice(0, 19)}Z ${line}\n`);
  };
  const serving = await serveFleet({
    ...{ file, note: print, tftp },
    ...{ interface: options.interface, tree: options.tree, state: options.state },
    ...{ httpPort: options.httpPort, httpsPort: options.httpsPort },
    dhcp: options.dhcp && tftp,
    postgres: options.postgres,
    serverAddress: options.serverAddress,
    proxies: options.proxy ?? [],
  });
  try {
    output.write(`${describe(serving)}\n`);
    if (!session.signal.aborted) await once(session.signal, 'abort');
  } finally {
    await serving.close();
  }
  const { fleet, hosts, url, fingerprint } = serving;
  return {
    json: { fleet, hosts, url, fingerprint, state: options.state },
    text: 'ended; start it again to go on',
  };
}

function programsFor(tftp: boolean) {
  const openssl = { name: 'openssl', package: 'openssl', purpose: 'make a certificate' };
  const boot = [
    { name: 'dnsmasq', package: 'dnsmasq-base', purpose: 'serve TFTP and answer DHCP' },
    { name: 'setpriv', package: 'util-linux', purpose: 'end dnsmasq with the server' },
  ];
  return tftp ? [openssl, ...boot] : [openssl];
}

function describe(serving: Serving): string {
  const { fleet, hosts, url, fingerprint, tokenFile, treeUrl, tftp, warnings, dhcpLines } = serving;
  const rows = [
    ['  page', url],
    ['  fingerprint', fingerprint],
    ['  log in with', `the token in ${tokenFile}`],
    ['  boot tree', treeUrl],
    ['  boot files', tftp],
  ];
  return [
    ...formatWarnings(warnings),
    `The fleet ${fleet} with ${hosts} host${hosts === 1 ? '' : 's'} is served (Ctrl-C ends it).`,
    formatTable(rows),
    ...(dhcpLines === undefined ? [] : ['', dhcpLines.trimEnd(), '']),
  ].join('\n');
}
