// kronos pool preflight
import type { Command } from 'commander';
import { EXIT_CODES, KronosError } from '../../common/error.ts';
import type { NamedDoor } from '../../xenapi/preflight-hosts.ts';
import { addCommonOptions, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner } from '../session.ts';

interface PreflightOptions extends CommonOptions {
  user: string;
  passwordFile: string;
}

/** Defines `kronos pool preflight`. */
export function createPreflight(run: Runner): Command {
  const command = createSubCommand(
    'preflight',
    'Reads the coordinator and every host that is to join, and tells at once everything that pool.join would refuse, each with its XenAPI code and what to do. The password goes only to hosts that show the certificate of their fingerprint. Ends with 5 where a host cannot join.',
    ['kronos pool preflight 10.0.0.1=AB:... 10.0.0.2=12:... --password-file pw.txt'],
  )
    .argument(
      '<coordinator>',
      'ADDRESS=SHA256: the coordinator and the fingerprint of its certificate',
    )
    .argument('<hosts...>', 'ADDRESS=SHA256 of each host that is to join')
    .option('--user <NAME>', 'who logs in', 'root')
    .requiredOption('--password-file <FILE>', 'where the password is; - for standard input');
  return addCommonOptions(command).action(
    (coordinator: string, hosts: string[], options: PreflightOptions) =>
      run(options, ({ signal }) => preflight(coordinator, hosts, options, signal)),
  );
}

async function preflight(
  coordinator: string,
  hosts: readonly string[],
  { user, passwordFile }: PreflightOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const { pinnedDoor } = await import('../../xenapi/door.ts');
  const { describeFindings, preflightHosts } = await import('../../xenapi/preflight-hosts.ts');
  const open = (text: string): NamedDoor => {
    const { address, port, fingerprint } = parseHost(text);
    return { address, door: pinnedDoor(address, fingerprint, port) };
  };
  const doors = [coordinator, ...hosts].map(open);
  const [first, ...joiners] = doors as [NamedDoor, ...NamedDoor[]];
  const password = await readPassword(passwordFile);
  const findings = await preflightHosts(first, joiners, { user, password }, signal);
  const good = findings.every(({ state }) => state === 'can-join' || state === 'member');
  return {
    json: { coordinator: first.address, hosts: findings },
    text: describeFindings(findings),
    ...(good ? {} : { exitCode: EXIT_CODES.host }),
  };
}

/** `10.0.0.1=AB:CD:...`, `[2001:db8::1]:8443=...`. Errors: `input/wrong-value`. */
export function parseHost(text: string): { address: string; port?: number; fingerprint: string } {
  const [, address = '', port, digits = ''] =
    /^(\[[0-9a-fA-F:.]+\]|[^=:[\]]+)(?::(\d{1,5}))?=([0-9a-fA-F:]+)$/.exec(text) ?? [];
  const fingerprint = digits.replaceAll(':', '').toLowerCase();
  if (address !== '' && /^[0-9a-f]{64}$/.test(fingerprint)) {
    return {
      address: address.replace(/^\[|\]$/g, ''),
      ...(port === undefined ? {} : { port: Number(port) }),
      fingerprint,
    };
  }
  throw new KronosError('input/wrong-value', `${text} is no host with its fingerprint`, {
    hint: 'ADDRESS=SHA256, with an IPv6 address in brackets; the fingerprint: openssl x509 -noout -sha256 -fingerprint -in /etc/xensource/xapi-ssl.pem, on that host',
  });
}

async function readPassword(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const { text } = await import('node:stream/consumers');
  let password: string;
  try {
    password = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new KronosError('io/unreadable-file', `reading ${file} failed`, { cause: error });
  }
  return password.replace(/\r?\n$/, '');
}
