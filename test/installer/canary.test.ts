// Secrets in every place that can hold one, and everything that a run leaves or says: they are found nowhere but where
// they must be.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../src/common/digest.ts';
import { errorToJson, formatError } from '../../src/common/error.ts';
import { listFiles } from '../../src/common/files.ts';
import { run } from '../../src/common/process.ts';
import { parseHostFile } from '../../src/host/read.ts';
import { passwordsIn, redactHostFile, secretsOf } from '../../src/host/secret.ts';
import { configureStep, makeIds } from '../../src/installer/apply/configure.ts';
import type { InstallContext } from '../../src/installer/apply/context.ts';
import { secretsOptions } from '../../src/installer/carry-out.ts';
import { describeFailure, keepFailure } from '../../src/installer/failure.ts';
import { fleetTokenIn } from '../../src/installer/fleet/server.ts';
import {
  afterInstallHooksStep,
  beforeInstallHooksStep,
  carryHooksStep,
  fetchHooksStep,
} from '../../src/installer/hooks.ts';
import { hashPasswords } from '../../src/installer/passwords.ts';
import { describePlan } from '../../src/installer/plan/describe.ts';
import { NO_IMAGE, planInstall } from '../../src/installer/plan/plan.ts';
import { startReport } from '../../src/installer/report.ts';
import { beginSession, recordNote } from '../../src/installer/session.ts';
import { journalSink, jsonSink, textSink } from '../../src/steps/sinks.ts';
import { runSteps } from '../../src/steps/run.ts';
import { createScrubber } from '../../src/steps/scrub.ts';
import { readMachine } from '../host/machines.ts';
import { keepMessages, makeCertificate, serve } from '../steps/servers.ts';
import { temporaryDirectory, writeFiles } from '../temporary.ts';
import { fakePrograms } from './fake-programs.ts';

/** What all of them have in common; the names before it are of places. */
const CANARY = /canary/i;

const HASH = `$6$canarysalt$${'c'.repeat(86)}`;

const KERNEL =
  'quiet kronos.host=https://u:canary-kernel%21@h/x.yaml?token=canary-query kronos.fleet.token=canary-fleet';

interface Places {
  plain: string;
  secure: string;
  fingerprint: string;
}

const HOOK = '#!/bin/sh\necho "$@"\nenv\n';

/** Prints a secret, as hooks do that are written in a hurry. */
const LOUD_HOOK = `#!/bin/sh
echo password: canary-by-file
printf '%s\\n' 'canary-root" pässword\\' >&2
exit 7
`;

function hostFileText({ plain, secure, fingerprint }: Places): string {
  const login = (url: string, name: string): string => url.replace('//', `//u:canary-${name}@`);
  return `version: 1
hostname: xen01
root: { password: 'canary-root" pässword\\' }
users:
  - { name: by-file, password: { file: password } }
  - { name: by-hash, passwordHash: "${HASH}", sudo: true }
  - { name: by-url, password: { url: "${login(secure, 'secret-url')}/secret", fingerprint: "${fingerprint}" } }
  - { name: by-prompt, password: { prompt: Password } }
  - { name: by-variable, password: "a-\${pw}" }
disks: { system: { match: {} } }
network: { management: { interface: { match: {}, count: 1 } } }
storage:
  - type: iscsi
    name: san
    targets: [{ address: 10.0.0.1 }]
    iqn: iqn.2020-01.x:y
    chap: { user: u, password: canary-chap }
  - { type: smb, name: smb, server: s, share: t, user: u, password: canary-smb }
  - { type: iso, name: iso, location: //s/t, user: u, password: canary-iso }
toolstack: xapi
pool:
  role: member
  coordinator: xen00
  fingerprint: "${'0a'.repeat(32)}"
  credential: { password: canary-pool }
hooks:
  - { stage: before-install, url: "${login(plain, 'hook-url')}/hook?q=1", sha256: "${digestOf(HOOK)}" }
  - { stage: first-boot, file: hook.sh }
  - { stage: after-install, file: loud.sh }
report:
  url: ${login(secure, 'report-url')}/report?q=1
  fingerprint: "${fingerprint}"
  token: { file: token }
variables: { pw: canary-variable }
`;
}

/** Everything that is said and left, by where. */
class Collected {
  readonly #texts = new Map<string, string>();

  add(where: string, text: string): void {
    this.#texts.set(where, `${this.#texts.get(where) ?? ''}${text}\n`);
  }

  async addFiles(where: string, directory: string): Promise<void> {
    for (const path of await listFiles(directory))
      this.add(`${where}/${path}`, await readFile(join(directory, path), 'latin1'));
  }

  /** Fails where one of the secrets is in one of the texts. */
  check(t: ExecutionContext, secrets: readonly string[]): void {
    for (const [where, text] of this.#texts) {
      t.notRegex(text, CANARY, where);
      for (const secret of secrets) t.false(text.includes(secret), where);
    }
  }

  names(): string[] {
    return [...this.#texts.keys()];
  }
}

test.serial('an installation that fails in the end has told its secrets to nobody', async (t) => {
  const collected = new Collected();
  const directory = await temporaryDirectory(t);
  const root = join(directory, 'root');
  const target = join(directory, 'target');
  const journal = join(root, 'run/kronos/install.jsonl');
  await writeFiles(directory, {
    ...{ 'beside/password': 'canary-by-file\n', 'beside/token': 'canary-token\n' },
    ...{ 'beside/hook.sh': HOOK, 'beside/loud.sh': LOUD_HOOK, 'target/etc/': '' },
    'root/proc/cmdline': `${KERNEL}\n`,
  });
  const fakes = await fakePrograms(t, {
    ...{ useradd: '', chpasswd: '', 'ssh-keygen': '', systemctl: '', blkid: '', ip: '' },
    openssl: 'exec "$REAL" "$@"',
    tar: 'exec "$REAL" "$@"',
    timeout: 'exec "$REAL" "$@"',
    lsblk: `echo '{"blockdevices":[]}'`,
    dmesg: `echo 'Command line: ${KERNEL}'`,
    journalctl: `echo 'kronos-install: canary-by-file canary-chap ${KERNEL}'`,
  });

  // Servers for what the host file names.
  const certificate = await makeCertificate(t);
  const { received, answer } = keepMessages((response) => response.end());
  const secure = await serve(
    t,
    (request, response) => {
      if (request.url === '/secret') response.end('canary-by-url\n');
      else answer(request, response);
    },
    { certificate },
  );
  const plain = await serve(t, (_request, response) => response.end(HOOK));

  // What main.ts does, with what it is made of.
  const scrub = createScrubber(
    KERNEL.split(' ').flatMap((word) => [...passwordsIn(word.slice(12)), ...fleetTokenIn(word)]),
  );
  const said: string[] = [];
  const printed: string[] = [];
  const session = beginSession(scrub, {
    people: [textSink((text) => printed.push(text))],
    machines: [
      journalSink(journal, (text) => said.push(text)),
      jsonSink((text) => printed.push(text)),
    ],
  });
  const note = (text: string): void => {
    said.push(scrub(text));
    recordNote(session, text);
  };
  const { signal } = new AbortController();
  const inventory = await readMachine('two-nvme-equal');
  const { fingerprint } = certificate;
  const text = hostFileText({ plain: plain.url, secure: secure.url, fingerprint });
  const { hostFile, warnings } = await parseHostFile(text, 'host.yaml', {
    ...{ facts: {}, toolstack: 'xapi' },
  });
  hostFile.disks.system.match = { serial: inventory.disks[0]?.serial };
  hostFile.network.management.interface.match = { mac: inventory.interfaces[0]?.mac };
  hostFile.disks.system.existing = 'erase';
  scrub.learn(...secretsOf(hostFile));
  for (const warning of warnings) note(`warning: ${formatError(warning)}`);
  note(`taken: ${KERNEL}`);
  const secrets = secretsOptions({
    ...{ scrub, signal, note, directory: join(directory, 'beside') },
    ask: () => Promise.resolve('canary-by-prompt'),
  });
  session.report = await startReport({
    ...{ hostFile, facts: {}, version: '1.2.3', secrets, scrub, note, journal },
  });
  const plan = planInstall(hostFile, inventory, { ...NO_IMAGE, toolstack: 'xapi' });
  Object.assign(session.facts, { hostFile, plan, inventory });
  collected.add('plan', describePlan(plan) + JSON.stringify(plan));
  collected.add('redacted', JSON.stringify(redactHostFile(hostFile)));
  const passwords = await hashPasswords(hostFile, secrets);
  scrub.learn(...passwords.values());
  t.is(passwords.size, 6);
  const image = { version: '1.2.3', edition: 'e', state: [] } as unknown as InstallContext['image'];
  const context: InstallContext & { hooks: string } = {
    ...{ plan, image, hostFile, passwords, target, signal, half: false },
    ...{ ids: makeIds(1, () => 'uuid'), beside: join(directory, 'beside') },
    ...{ intact: Promise.resolve(), hooks: join(directory, 'hooks') },
    fetchBytes: () => Promise.reject(new Error('not needed')),
  };
  const steps = [
    ...[fetchHooksStep, beforeInstallHooksStep, configureStep],
    ...[carryHooksStep, afterInstallHooksStep],
  ];
  const error: unknown = await t.throwsAsync(
    runSteps(steps, context, { stage: 'install', sink: session.sink, signal }),
    { code: 'host/hook-failed' },
  );
  const support = join(directory, 'support.tar.gz');
  const kept = await keepFailure(session, error, { support, journal, root });
  t.deepEqual(kept.problems, []);
  const what = { unattended: true, after: 'reboot', touched: session.touched } as const;
  said.push(scrub(describeFailure(error, kept, what)));
  await session.report.finish({ error, step: session.step });

  // All of it is looked through.
  const inside = join(directory, 'inside');
  await writeFiles(inside, { './': '' });
  await run(['tar', '--extract', '--file', support, '--directory', inside]);
  await collected.addFiles('bundle', inside);
  await collected.addFiles('host', target);
  collected.add('journal', await readFile(journal, 'utf8'));
  collected.add('said', said.join('\n'));
  collected.add('printed', printed.join('\n'));
  collected.add('reports', received.map((one) => one.text).join('\n'));
  collected.add('programs', await fakes.calls());
  for (const name of ['useradd', 'ssh-keygen', 'systemctl', 'tar', 'timeout', 'lsblk'])
    collected.add(`input of ${name}`, await fakes.input(name));
  const hashes = [...passwords.values()];
  collected.check(t, hashes);

  // The texts are what they should be, or looking through them would prove nothing.
  t.regex(said.join('\n'), /THE INSTALLATION FAILED[^]*password: \(removed\)/);
  t.is(received.at(-1)?.message.report?.error?.['code'], 'host/hook-failed');
  t.regex(await readFile(journal, 'utf8'), /hook: password: \(removed\)/);
  for (const name of ['bundle/kronos-support/dmesg.txt', 'bundle/kronos-support/journal.txt'])
    t.true(collected.names().includes(name), name);
  for (const name of ['host/etc/kronos/host.yaml', 'host/etc/kronos/hooks/02-first-boot'])
    t.true(collected.names().includes(name), name);
  t.regex(await fakes.calls(), /^chpasswd <--encrypted> <--root>/m);

  // Where secrets must be.
  const shadow = await fakes.input('chpasswd');
  for (const hash of hashes) t.true(shadow.includes(hash));
  t.notRegex(shadow.replace(HASH, ''), CANARY);
  for (const password of ['root" pässword\\', 'by-file', 'by-url', 'by-prompt', 'variable'])
    t.true((await fakes.input('openssl')).includes(`canary-${password}\n`), password);
  t.true(received.every(({ authorization }) => authorization === 'Bearer canary-token'));
});

/** What people do to a value, by accident. */
const ACCIDENTS: readonly ((value: string) => string)[] = [
  (value) => `[${value}]`,
  (value) => `{ unknown: ${value} }`,
  (value) => `{ prompt: ${value}, file: ${value} }`,
  (value) => value.replace(/.$/, ''),
  (value) => `${value}: ${value}`,
  (value) => `${value}"`,
  (value) => `*${value.replaceAll(/[^a-z-]/g, '')}`,
  (value) => `!!int ${value}`,
  (value) => value.replace('canary', '${canary}'),
  (value) => value.replace('canary', '${canary'),
  (value) => value.replace('canary', 'canary\\x'),
  (value) => value.replace('canary', 'canary\u0007'),
  (value) => value.replace('canary', '\ncanary'),
  (value) => value.replace('https:', 'ftp:'),
  (value) => value.replace('@', '@['),
];

test('mistakes at and around secrets are told without them', async (t) => {
  const fingerprint = '0b'.repeat(32);
  const text = hostFileText({ plain: 'http://h', secure: 'https://h', fingerprint });
  const values = [
    ...text.matchAll(
      /(?<=: )(?:"[^"\n]*canary[^"\n]*"|'[^'\n]*canary[^'\n]*'|[^\s"'{},]*canary[^\s"'{},]*)/g,
    ),
  ];
  t.true(values.length >= 10);
  let mistakes = 0;
  for (const value of values) {
    for (const accident of ACCIDENTS) {
      const broken =
        text.slice(0, value.index) + accident(value[0]) + text.slice(value.index + value[0].length);
      const error: unknown = await parseHostFile(broken, 'host.yaml', { facts: {} }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) continue;
      mistakes += 1;
      const told = formatError(error) + JSON.stringify(errorToJson(error));
      t.notRegex(told, CANARY, accident(value[0]));
      t.notRegex(told, /internal\/defect/, accident(value[0]));
    }
  }
  t.true(mistakes > 80, String(mistakes));
});

test('secrets that cannot be had are told without them', async (t) => {
  const certificate = await makeCertificate(t);
  const { url } = await serve(t, (_request, response) => response.writeHead(403).end('canary'), {
    certificate,
  });
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'large'), 'canary'.repeat(20_000));
  await writeFile(join(directory, 'wide'), Buffer.from('ÿþcanary', 'latin1'));
  const { signal } = new AbortController();
  const address = url.replace('//', '//u:canary@');
  for (const password of [
    { file: 'large' },
    { file: 'wide' },
    { file: 'missing' },
    { url: `${address}/x?canary`, fingerprint: '0a'.repeat(32) },
    { prompt: 'Password' },
  ]) {
    const { hostFile } = await parseHostFile(
      `version: 1
hostname: xen01
root: ${JSON.stringify({ password })}
disks: { system: { match: {} } }
network: { management: { interface: { match: {} } } }
`,
      'host.yaml',
    );
    const note = (): void => t.fail();
    const secrets = secretsOptions({ scrub: createScrubber([]), directory, signal, note });
    const error = await t.throwsAsync(hashPasswords(hostFile, secrets));
    t.notRegex(formatError(error) + JSON.stringify(errorToJson(error)), CANARY);
  }
});
