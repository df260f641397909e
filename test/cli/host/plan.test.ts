import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createCommand } from '../../../src/cli/host.ts';
import type { Outcome } from '../../../src/cli/session.ts';
import { MACHINES } from '../../host/machines.ts';
import { HOSTS } from '../../installer/plan/machines.ts';
import { temporaryDirectory } from '../../temporary.ts';

interface PlanDocument {
  digest: string;
  plan: { mode: string; hostname: string; system: { keep: string[] } };
  approved: boolean | null;
  warnings: unknown[];
  error?: { code: string };
}

/** What the command hands back to be printed. */
async function plan(...args: string[]): Promise<Outcome & { json: PlanDocument }> {
  let outcome: Outcome | undefined;
  const command = createCommand(async (options, work) => {
    outcome = await work({
      signal: new AbortController().signal,
      json: options.json === true,
      verbose: false,
      show: () => Promise.reject(new Error('nothing is shown')),
    });
  });
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  await command.parseAsync(['plan', ...args], { from: 'user' });
  if (outcome === undefined) throw new Error('no outcome');
  return outcome as Outcome & { json: PlanDocument };
}

/** That of an image with xl. */
const MANIFEST = join(HOSTS, '../../../builder/manifest/golden/manifest.json');

const machine = (name: string): string[] => ['--inventory', join(MACHINES, `${name}.json`)];
const host = (name: string): string => join(HOSTS, `${name}.yaml`);

async function approvedBy(t: ExecutionContext, digest: string): Promise<string> {
  const file = join(await temporaryDirectory(t), 'host.yaml');
  await writeFile(file, `${await readFile(host('nvme'), 'utf8')}approve: '${digest}'\n`);
  return file;
}

test('a plan for a recorded machine, and the line that approves it', async (t) => {
  const { text, json, exitCode } = await plan(host('nvme'), ...machine('whitebox-sata-usb'));
  t.is(exitCode, undefined);
  t.regex(text, /^Installation of xen01$/m);
  t.regex(text, new RegExp(`^ {2}plan {8}${json.digest}$`, 'm'));
  t.regex(text, new RegExp(`^approve: ${json.digest}$`, 'm'));
  t.is(json.approved, null);
  t.like(json.plan, { mode: 'install', hostname: 'xen01' });
});

test('a host file that approves its plan, and one that approves another', async (t) => {
  const here = machine('whitebox-sata-usb');
  const { digest } = (await plan(host('nvme'), ...here)).json;
  const good = await plan(await approvedBy(t, digest), ...here);
  t.true(good.json.approved);
  t.is(good.json.digest, digest);
  t.regex(good.text, /^The host file approves this plan\.$/m);
  const other = await plan(await approvedBy(t, '1'.repeat(64)), ...here);
  t.is(other.exitCode, 2);
  t.false(other.json.approved);
  t.is(other.json.error?.code, 'input/not-approved');
  t.regex(other.text, /^error input\/not-approved: .*plan is [0-9a-f]{64}$/m);
  t.is(other.json.digest, digest);
});

test('--reinstall plans with what is there', async (t) => {
  const { json } = await plan(host('nvme-first'), ...machine('kronos-installed'), '--reinstall');
  t.like(json.plan, { mode: 'reinstall' });
  t.deepEqual(json.plan.system.keep, ['state', 'storage']);
});

test('an image of another toolstack is refused with the place in the host file', async (t) => {
  const manifest = join(await temporaryDirectory(t), 'kronos.manifest.json');
  await writeFile(manifest, await readFile(MANIFEST, 'utf8'));
  await t.throwsAsync(plan(host('xapi'), ...machine('whitebox-sata-usb'), '--image', manifest), {
    code: 'input/other-toolstack',
    message: /has the toolstack xl, not xapi/,
  });
});

test('what cannot be planned is told like everywhere', async (t) => {
  await t.throwsAsync(plan(host('nvme-first'), ...machine('kronos-installed')), {
    code: 'host/already-installed',
  });
  await t.throwsAsync(plan(host('nvme'), '--inventory', '/nowhere.json'), {
    code: 'input/no-such-file',
  });
});
