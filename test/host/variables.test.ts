import test from 'ava';
import { KronosErrors, formatError } from '../../src/common/error.ts';
import type { Inventory } from '../../src/host/inventory.ts';
import { parseHostFile, resolveHostFile } from '../../src/host/read.ts';
import { factsOf } from '../../src/host/variables.ts';

const FACTS = {
  serial: ' CZ 3021/ÄB.7_ ',
  mac: '52:54:00:12:34:56',
  uuid: '4c4c4544-0042',
  asset_tag: '17',
};

function text(lines: string): string {
  return [
    'version: 1',
    'root: { passwordHash: "!!" }',
    'disks: { system: { match: {} } }',
    lines,
    ...(lines.includes('network:')
      ? []
      : ['network: { management: { interface: { match: {} } } }']),
    '',
  ].join('\n');
}

async function refusal(lines: string, facts?: Record<string, string>): Promise<string> {
  try {
    const { document } = await parseHostFile(text(lines), 'h.yaml');
    resolveHostFile(document, { facts });
    return '';
  } catch (error) {
    return formatError(error);
  }
}

test('values of the machine stay as they are until the machine is known', async (t) => {
  const source = await parseHostFile(
    text('hostname: ${rack}-${serial}-${mac}\nvariables: { rack: "r1" }'),
    'h.yaml',
  );
  t.is(source.hostFile.hostname, 'r1-${serial}-${mac}');
  const { hostFile } = resolveHostFile(source.document, { facts: FACTS });
  t.is(hostFile.hostname, 'r1-cz-3021-b-7-525400123456');
});

test('in a URL they are escaped, elsewhere they are what the machine says', async (t) => {
  const { document } = await parseHostFile(
    text(
      'hostname: a\nreport: { url: "https://x/${mac}/${serial}", token: { file: "/t/${serial}" } }',
    ),
    'h.yaml',
  );
  const { report } = resolveHostFile(document, { facts: FACTS }).hostFile;
  t.is(report?.url, 'https://x/52:54:00:12:34:56/CZ%203021%2F%C3%84B.7_');
  t.deepEqual(report?.token, { file: '/t/CZ 3021/ÄB.7_' });
});

test('a variable may be made of the machine, and a dollar sign may be just that', async (t) => {
  const { document } = await parseHostFile(
    text('hostname: ${name}\nkeymap: us\nvariables: { name: "x-${asset_tag}" }\ntimezone: UTC'),
    'h.yaml',
  );
  t.is(resolveHostFile(document, { facts: FACTS }).hostFile.hostname, 'x-17');
  const literal = await parseHostFile(
    text('hostname: a\nroot: { password: "$$${x} $${y} $z" }').replace(/root: .*!!.*\n/, ''),
    'h.yaml',
  );
  t.is(literal.hostFile.root.password, '$${x} ${y} $z');
  t.is(resolveHostFile(literal.document, { facts: FACTS }).hostFile.root.password, '$${x} ${y} $z');
});

test('text of the machine can make an address, once it is known', async (t) => {
  const lines =
    'hostname: a\nnetwork: { management: { interface: { match: {} }, dns: ["10.0.0.${asset_tag}"] } }';
  t.regex(await refusal(lines), /this is not an IP address\n {2}hint: .*--inventory/);
  const { document } = await t
    .throwsAsync(parseHostFile(text(lines), 'h.yaml'))
    .then(() => parseHostFile(text(lines), 'h.yaml', { facts: FACTS }));
  t.deepEqual(resolveHostFile(document, { facts: FACTS }).hostFile.network.management.dns, [
    '10.0.0.17',
  ]);
});

test('what the machine does not say, and what nothing is left of, is told with its place', async (t) => {
  t.is(
    await refusal('hostname: x${product}', { ...FACTS }),
    'error host/no-such-fact: h.yaml:4:11: hostname of the host file asks for the product name of the machine, which does not say it\n' +
      '  hint: use another of serial, mac, uuid and asset_tag, or write the value out',
  );
  t.regex(await refusal('hostname: ${serial}', { serial: '???' }), /leaves nothing/);
  t.regex(
    await refusal(`hostname: ${'${serial}'.repeat(8)}`, { serial: 'x'.repeat(60) }),
    /h\.yaml:4:11: hostname of the host file: expected a host name/,
  );
});

test('an unknown name in a secret is not repeated', async (t) => {
  const said = await refusal('hostname: a\nusers: [{ name: b, password: "x${canary}y" }]');
  t.regex(said, /unknown variable\n/);
  t.notRegex(said, /canary/);
});

test('several mistakes are told at once, in the order of the file', async (t) => {
  const error = await t.throwsAsync(parseHostFile(text('hostname: ${a}\nkeymap: "?"'), 'h.yaml'), {
    instanceOf: KronosErrors,
  });
  t.deepEqual(
    error.errors.map(({ code }) => code),
    ['input/unknown-variable', 'input/wrong-value'],
  );
});

test('an inventory gives the facts; one card needs no name', (t) => {
  const machine = { firmware: 'bios', memory: 1, cpus: 1, xen: false, serial: 'S' } as const;
  const inventory: Inventory = {
    format: 'kronos-inventory',
    version: 1,
    machine,
    disks: [],
    interfaces: [{ name: 'eth0', mac: 'AA:BB:CC:00:11:22' }],
  };
  t.like(factsOf(inventory), { serial: 'S', mac: 'aa:bb:cc:00:11:22', asset_tag: undefined });
  const two = { ...inventory, interfaces: [...inventory.interfaces, { name: 'b', mac: 'x' }] };
  t.is(factsOf(two).mac, undefined);
  t.is(factsOf(two, '00:11:22:33:44:55').mac, '00:11:22:33:44:55');
});

test('a pool and the toolstack of the file are held against the image', async (t) => {
  const pool = text('hostname: a\npool: { role: coordinator, name: p }');
  await t.notThrowsAsync(parseHostFile(pool, 'h.yaml', { toolstack: 'xapi' }));
  await t.throwsAsync(parseHostFile(pool, 'h.yaml', { toolstack: 'xl' }), {
    code: 'input/pool-without-xapi',
  });
  await t.throwsAsync(
    parseHostFile(text('hostname: a\ntoolstack: xapi'), 'h.yaml', { toolstack: 'xl' }),
    { code: 'input/other-toolstack' },
  );
});
