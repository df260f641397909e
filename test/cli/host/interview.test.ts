import { PassThrough } from 'node:stream';
import test from 'ava';
import { createAsker } from '../../../src/cli/host/ask.ts';
import { askAll } from '../../../src/cli/host/interview.ts';
import { composeHostFile } from '../../../src/host/compose.ts';
import { parseHostFile } from '../../../src/host/read.ts';

/** Answers each question as it comes; gives all that was on the screen. */
function person(replies: readonly string[]) {
  const input = new PassThrough();
  const output = new PassThrough();
  let screen = '';
  let answered = 0;
  let pending = '';
  output.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    screen += text;
    pending += text;
    if (!pending.endsWith(': ')) return;
    pending = '';
    const reply = replies[answered];
    answered += 1;
    setImmediate(() => {
      if (reply === undefined) input.end();
      else input.write(`${reply}\n`);
    });
  });
  const asker = createAsker(input, output);
  return { asker, screen: () => screen, answered: () => answered };
}

test('questions are asked until the answers are right, and the password is never shown', async (t) => {
  const { asker, screen, answered } = person([
    ...['bad name', 'xen01', '>= 200 GB', 'delete', 'erase', '52:54:00:12:34:56'],
    ...['192.0.2.10', '192.0.2.10/24', '192.0.2.1', '192.0.2.1 192.0.2.2', 'Europe/Berln', ''],
    ...['', '', 'canary-1', 'canary-2', 'canary-3', 'canary-3'],
  ]);
  const answers = await askAll(asker, (answer) => Promise.resolve(answer));
  asker.close();
  t.is(answered(), 18);
  t.notRegex(screen(), /canary/);
  for (const said of [
    /expected a host name such as xen01/,
    /expected refuse or erase/,
    /this is not an address with its prefix length/,
    /did you mean Europe\/Berlin\?/,
    /without an SSH key a password is needed/,
    /the two differ/,
  ])
    t.regex(screen(), said);
  const { hostFile, warnings } = await parseHostFile(composeHostFile(answers), 'new.yaml');
  t.deepEqual(warnings, []);
  t.like(hostFile, {
    hostname: 'xen01',
    timezone: 'Etc/UTC',
    disks: { system: { match: { size: '>= 200 GB' }, existing: 'erase' } },
    network: {
      management: {
        interface: { match: { mac: '52:54:00:12:34:56' } },
        ipv4: { mode: 'static', address: '192.0.2.10/24', gateway: '192.0.2.1' },
        dns: ['192.0.2.1', '192.0.2.2'],
      },
    },
  });
});

test('the end of the input breaks the questions off', async (t) => {
  const { asker } = person(['xen01']);
  await t.throwsAsync(
    askAll(asker, (answer) => Promise.resolve(answer)),
    { code: 'interrupted/cancelled' },
  );
});

for (const [name, answers] of Object.entries({
  'nothing but a name and a disk': { hostname: 'xen-${serial}', disk: 'serial: S4 "X" \\' },
  'a name of digits': { hostname: '123', disk: 'wwn:0x5000c500a1b2c3d4', card: 'eth0' },
  IPv6: {
    hostname: 'true',
    disk: '480 GB',
    network: '2001:db8::10/64',
    gateway: 'fe80::1',
    dns: '2001:db8::1',
  },
  'a key': { hostname: 'a.b', disk: 'model:X*', sshKey: `ssh-ed25519 ${'A'.repeat(68)} "me" # x` },
})) {
  test(`what is written is valid: ${name}`, async (t) => {
    const { hostFile } = await parseHostFile(composeHostFile(answers), 'new.yaml');
    t.is(hostFile.hostname, answers.hostname);
  });
}
