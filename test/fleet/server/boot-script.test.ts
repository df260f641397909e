// Boot scripts as GRUB and iPXE read them, and the configuration of dnsmasq, held against golden files.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { renderDhcpLines, renderDnsmasq } from '../../../src/fleet/dnsmasq.ts';
import { findInterface } from '../../../src/fleet/interface.ts';
import { parseBootName } from '../../../src/fleet/server/boot.ts';
import { renderBootScript, renderSiteScript } from '../../../src/fleet/server/boot-script.ts';
import { decodePath } from '../../../src/fleet/server/plain.ts';
import { readTemplates } from '../../../src/fleet/templates.ts';
import { compareWithGolden } from '../../golden.ts';
import { temporaryDirectory } from '../../temporary.ts';

const PLACE = {
  server: '192.0.2.1:8080',
  path: `/trees/${'a1'.repeat(32)}`,
  url: 'https://192.0.2.1:8443',
  fingerprint: 'b2'.repeat(32),
  tftp: '192.0.2.1',
};

const PLAN = {
  interface: { name: 'eth1', address: '192.0.2.1', netmask: '255.255.255.0', network: '192.0.2.0' },
  tftp: '/var/lib/kronos/fleet/tftp',
};

for (const loader of ['cfg', 'ipxe'] as const) {
  test(`scripts of ${loader}`, async (t) => {
    const render = await readTemplates();
    for (const [name, text] of [
      ['live', renderBootScript(render, loader, PLACE, 'TOKEN')],
      ['disk', renderBootScript(render, loader, PLACE, undefined)],
      ['site', renderSiteScript(render, loader, PLACE)],
    ] as const) {
      await compareWithGolden(t, import.meta.url, `${name}.${loader}`, text);
    }
    t.throws(() => renderBootScript(render, loader, PLACE, 'a"; exit'), { instanceOf: TypeError });
  });
}

test('the configuration of dnsmasq, and the lines for the DHCP servers of others', async (t) => {
  const render = await readTemplates();
  const directory = await temporaryDirectory(t);
  for (const dhcp of [true, false]) {
    const name = dhcp ? 'dnsmasq.conf' : 'dnsmasq-tftp.conf';
    const text = renderDnsmasq(render, { ...PLAN, dhcp });
    await compareWithGolden(t, import.meta.url, name, text);
    await writeFile(join(directory, name), text);
    const checked = promisify(execFile)('dnsmasq', [
      '--test',
      `--conf-file=${join(directory, name)}`,
    ]);
    t.regex((await checked).stderr, /syntax check OK/);
  }
  await compareWithGolden(
    t,
    import.meta.url,
    'dhcp-lines.txt',
    renderDhcpLines(render, '192.0.2.1'),
  );
  t.throws(() => renderDnsmasq(render, { ...PLAN, tftp: '/a\nuser=root', dhcp: false }), {
    code: 'input/state-path',
  });
});

test('the names of boot scripts', (t) => {
  const mac = '52:54:00:ab:00:01';
  t.deepEqual(parseBootName('52:54:00:AB:00:01.cfg'), { mac, loader: 'cfg' });
  t.deepEqual(parseBootName('52-54-00-ab-00-01.ipxe'), { mac, loader: 'ipxe' });
  for (const name of [
    '',
    '.cfg',
    '52:54:00:ab:00.cfg',
    `${mac}.cfg.cfg`,
    `${mac}:02.cfg`,
    `x${mac}.cfg`,
  ]) {
    t.is(parseBootName(name), undefined, name);
  }
});

test('whatever is asked for, a path never leads up', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('.', '/', '%2e', '%2f', '%5c', '%00', 'a')),
      (wild, parts) => {
        for (const url of [`/${wild}`, `/${parts.join('')}`]) {
          const path = decodePath(url);
          if (path === undefined) continue;
          if (path.startsWith('/') || path.split('/').includes('..') || path.includes('\0'))
            return false;
        }
        return true;
      },
    ),
  );
  t.is(decodePath('//a//b/?c'), 'a/b');
});

test('the interface that is served', (t) => {
  const v4 = { address: '10.1.2.3', netmask: '255.255.240.0', family: 'IPv4' as const };
  const interfaces = {
    lo: [],
    eth1: [{ ...v4, mac: '', internal: false, cidr: null }],
    eth2: [],
  };
  t.like(findInterface('eth1', interfaces), { address: '10.1.2.3', network: '10.1.0.0' });
  const unknown = t.throws(() => findInterface('eth11', interfaces), {
    code: 'input/no-such-interface',
  });
  t.regex(String((unknown as { hint?: string }).hint), /eth1/);
  t.throws(() => findInterface('eth2', interfaces), { code: 'host/no-address' });
});
