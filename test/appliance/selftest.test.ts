import test from 'ava';
import { KronosError } from '../../src/common/error.ts';
import {
  parseAppliance,
  type Appliance,
  type ApplianceCheck,
} from '../../src/appliance/appliance.ts';
import {
  detectBoot,
  judge,
  runCheck,
  runSelfTest,
  type SelfTest,
} from '../../src/appliance/check-run.ts';
import { renderDocument, renderTable } from '../../src/appliance/selftest-report.ts';
import { compareWithGolden } from '../golden.ts';
import { findSelfTest } from '../vm/selftest-report.ts';

const CHECK: ApplianceCheck = {
  name: 'a',
  recipe: 'base',
  run: ['true'],
  where: 'always',
  timeout: 20,
};
const APPLIANCE: Appliance = {
  edition: 'debian-13',
  version: '0.1.0',
  summary: '',
  toolstack: { name: 'xl', reason: '' },
  recipes: [{ name: 'base', layer: 'host' }],
  checks: [],
};

test('a check passes with exit code 0 and a matching output', async (t) => {
  t.like(await runCheck(CHECK), { ok: true, exitCode: 0 });
  const said = { ...CHECK, run: ['printf', 'one\\ntwo\\n'], expect: '^two$' };
  t.like(await runCheck(said), { ok: true, output: 'one\ntwo' });
  t.like(await runCheck({ ...said, expect: '^three' }), {
    ok: false,
    why: 'the output does not match "^three"',
  });
});

test('errors on either stream are kept', async (t) => {
  const result = await runCheck({ ...CHECK, run: ['sh', '-c', 'echo bad >&2; exit 3'] });
  t.like(result, { ok: false, exitCode: 3, output: 'bad', why: 'sh ended with exit code 3' });
  t.like(await runCheck({ ...CHECK, run: ['/nowhere/program'] }), {
    ok: false,
    why: '/nowhere/program is not there',
  });
});

test('a check that hangs is ended in time, with its children, even if it ignores the signal', async (t) => {
  const started = performance.now();
  const result = await runCheck({
    ...CHECK,
    run: ['sh', '-c', 'echo begun; sleep 60 & sleep 60'],
    timeout: 0.3,
  });
  t.like(result, { ok: false, exitCode: -1, output: 'begun', why: 'sh did not end within 0.3 s' });
  t.true(performance.now() - started < 4000);
});

test('long outputs keep their end', async (t) => {
  const { output } = await runCheck({ ...CHECK, run: ['seq', '1', '5000'] });
  t.true(output.length < 2100);
  t.true(output.startsWith('...') && output.endsWith('\n5000'));
});

test('a pattern that is none fails the check', (t) => {
  t.regex(judge({ ...CHECK, expect: '(' }, 0, '') ?? '', /not a regular expression/);
});

test('only checks for this kind of boot are run, and the system must be up', async (t) => {
  const checks: ApplianceCheck[] = [
    { ...CHECK, name: 'xen-only', where: 'xen', run: ['false'] },
    { ...CHECK, name: 'native-only', where: 'native' },
    { ...CHECK, name: 'both' },
  ];
  const options = { boot: 'native', medium: true, bootTimeout: 10 } as const;
  const up = await runSelfTest(
    { ...APPLIANCE, checks },
    { ...options, systemctl: ['echo', 'running'] },
  );
  t.true(up.ok);
  t.deepEqual(
    up.checks.map(({ name, ok, skipped }) => [name, ok, skipped]),
    [
      ['system-is-running', true, false],
      ['xen-only', true, true],
      ['native-only', true, false],
      ['both', true, false],
    ],
  );
  const live = await runSelfTest(
    {
      ...APPLIANCE,
      recipes: [{ name: 'live', layer: 'live' }],
      checks: [{ ...CHECK, recipe: 'live' }],
    },
    { ...options, medium: false, systemctl: undefined },
  );
  t.true(live.checks[0]?.skipped, 'an installed host is not measured by what the medium has');
  const fake =
    'case "$1" in is-system-running) echo degraded; exit 1;; *) echo "a.service loaded failed failed A";; esac';
  const down = await runSelfTest(
    { ...APPLIANCE, checks: [] },
    { ...options, systemctl: ['sh', '-c', fake, 'systemctl'] },
  );
  t.false(down.ok);
  t.is(down.checks[0]?.why, 'these units failed: a.service');
  const slow =
    'case "$1" in is-system-running) sleep 30;; *) echo "7 a.service start running";; esac';
  const late = await runSelfTest(APPLIANCE, {
    ...options,
    bootTimeout: 0.2,
    systemctl: ['sh', '-c', slow, 'systemctl'],
  });
  t.like(late.checks[0], {
    ok: false,
    why: 'the system did not come up within 0.2 s',
    output: '7 a.service start running',
  });
});

test('the kernel says whether Xen is below', async (t) => {
  t.is(await detectBoot('/nowhere/type'), 'native');
});

const RESULT: SelfTest = {
  format: 1,
  edition: 'debian-13',
  version: '0.1.0',
  toolstack: 'xl',
  boot: 'xen',
  ok: false,
  seconds: 12.5,
  uptime: 80.25,
  checks: [
    {
      name: 'system-is-running',
      recipe: '',
      ok: true,
      skipped: false,
      seconds: 3,
      exitCode: 0,
      output: 'running',
    },
    {
      name: 'ovs-answers',
      recipe: 'openvswitch',
      ok: false,
      skipped: false,
      seconds: 1.25,
      exitCode: 1,
      why: 'ovs-vsctl ended with exit code 1',
      output: 'größe "x"\n\x1b[1m',
    },
    {
      name: 'no-xen',
      recipe: 'linux',
      ok: true,
      skipped: true,
      seconds: 0,
      exitCode: 0,
      output: '',
    },
  ],
};

test('the report on a serial line and for people', async (t) => {
  const document = renderDocument(RESULT);
  t.regex(document, /^[\x20-\x7e\n]*$/);
  await compareWithGolden(t, import.meta.url, 'selftest-document.txt', document);
  await compareWithGolden(t, import.meta.url, 'selftest-table.txt', renderTable(RESULT));
});

test('the report is found among what others say on the line, and damage is noticed', (t) => {
  const document = renderDocument(RESULT);
  t.is(findSelfTest('nothing yet KRONOS-SELFTEST-BEGIN\n{'), undefined);
  t.deepEqual(findSelfTest(`login: \n${document}# `), RESULT);
  const lines = document.split('\n');
  const noisy = [
    lines[0],
    '[   81.000001] eth0: link up',
    ...lines.slice(1, 3),
    '[  OK  ] Started x.',
    '(XEN) hello',
    ...lines.slice(3),
  ];
  t.deepEqual(findSelfTest(noisy.join('\n')), RESULT);
  t.deepEqual(findSelfTest(`${renderDocument({ ...RESULT, checks: [] })}${document}`), RESULT);
  t.throws(() => findSelfTest(document.replace('ovs-answers', 'ovs-an[ 8.1] boo\nswers')), {
    message: /damaged/,
  });
});

test('a damaged description of the appliance is refused', (t) => {
  const good = { ...APPLIANCE, checks: [CHECK], more: 1 };
  t.is(parseAppliance(JSON.stringify(good)).checks[0]?.name, 'a');
  for (const bad of [
    'not json',
    '[]',
    JSON.stringify({ ...good, toolstack: 'xl' }),
    JSON.stringify({ ...good, checks: [{ ...CHECK, run: [] }] }),
    JSON.stringify({ ...good, checks: [{ ...CHECK, where: 'moon' }] }),
    JSON.stringify({ ...good, checks: [{ ...CHECK, timeout: '60' }] }),
  ]) {
    t.is(
      t.throws(() => parseAppliance(bad), { instanceOf: KronosError }).code,
      'host/bad-appliance',
      bad,
    );
  }
});
