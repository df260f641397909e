import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { gatherSecrets } from '../../src/host/carried-secrets.ts';
import { parseHostFile } from '../../src/host/read.ts';
import { temporaryDirectory } from '../temporary.ts';

const TEXT = (more: string): string => `version: 1
hostname: xen01
root: { password: of-root }
disks: { system: { match: { serial: S1 } } }
network: { management: { interface: { match: { name: eth0 } } } }
${more}`;

test('what first boot needs is gathered, from wherever it is; accounts are not among it', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'pool'), 'of-the-pool\n');
  const text = TEXT(`storage:
  - { type: smb, name: files, server: nas, share: vm, user: xen, password: of-smb }
  - { type: iscsi, name: san, targets: [{ address: nas }], iqn: "iqn.2020-01.net.example:san", chap: { user: u, password: of-chap } }
  - { type: nfs, name: shared, server: nas, path: /xen }
toolstack: xapi
pool: { role: member, coordinator: 10.0.0.1, fingerprint: "${'ab'.repeat(32)}", credential: { password: { file: pool } } }
report: { url: "https://reports.example.net/", token: of-report }
`);
  const { hostFile } = await parseHostFile(text, 'host.yaml', { toolstack: 'xapi' });
  const seen: string[] = [];
  const found = await gatherSecrets(hostFile, { directory, seen: (secret) => seen.push(secret) });
  t.deepEqual(found, {
    format: 'kronos-secrets',
    pool: 'of-the-pool',
    storage: { files: 'of-smb', san: 'of-chap' },
    report: 'of-report',
  });
  t.deepEqual(seen.sort(), ['of-chap', 'of-report', 'of-smb', 'of-the-pool']);
});

test('where nothing is needed nothing is kept', async (t) => {
  const { hostFile } = await parseHostFile(TEXT(''), 'host.yaml');
  t.is(await gatherSecrets(hostFile, {}), undefined);
});
