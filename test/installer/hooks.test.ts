// Programs that host files bring along: fetched and checked first, then run, with nothing of ours in their hands.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../src/common/digest.ts';
import { formatError, type KronosError } from '../../src/common/error.ts';
import { exists } from '../../src/common/files.ts';
import { parseHostFile } from '../../src/host/read.ts';
import {
  afterCopyHooksStep,
  afterInstallHooksStep,
  beforeInstallHooksStep,
  carryHooksStep,
  CARRIED_HOOKS,
  fetchHooksStep,
  type CarriedHook,
  type HookContext,
} from '../../src/installer/hooks.ts';
import { INSTALL_STEPS } from '../../src/installer/install.ts';
import type { StepEvent } from '../../src/steps/event.ts';
import { runSteps } from '../../src/steps/run.ts';
import { serve } from '../steps/servers.ts';
import { temporaryDirectory, writeFiles } from '../temporary.ts';

const STEPS = [
  ...[fetchHooksStep, beforeInstallHooksStep, afterCopyHooksStep],
  ...[carryHooksStep, afterInstallHooksStep],
];

interface Hook {
  stage: string;
  file?: string;
  url?: string;
  sha256?: string;
  timeout?: number;
}

/** A host file with hooks, and places of its own. */
async function makeContext(
  t: ExecutionContext,
  hooks: readonly Hook[],
): Promise<HookContext & { directory: string }> {
  const directory = await temporaryDirectory(t);
  const text = [
    'version: 1',
    'hostname: xen01',
    'disks: { system: { match: {} } }',
    'network: { management: { interface: { match: {} } } }',
    `hooks: ${JSON.stringify(hooks)}`,
  ].join('\n');
  const { hostFile } = await parseHostFile(text, 'host.yaml');
  return {
    ...{ hostFile, directory, beside: directory, target: join(directory, 'target') },
    ...{ hooks: join(directory, 'hooks'), signal: new AbortController().signal },
  };
}

async function runHooks(context: HookContext): Promise<StepEvent[]> {
  const events: StepEvent[] = [];
  const { signal } = context;
  const sink = (event: StepEvent): void => void events.push(event);
  await runSteps(STEPS, context, { stage: 'install', sink, signal });
  return events;
}

async function refusal(t: ExecutionContext, work: Promise<unknown>): Promise<KronosError> {
  return t.throwsAsync<KronosError>(work);
}

/** What hooks said. */
function said(events: readonly StepEvent[]): string[] {
  return events.map(({ message }) => message).filter((text) => text.startsWith('hook: '));
}

test('hooks run in their stages, told the stage and where the new host is', async (t) => {
  const program = '#!/bin/sh\necho "$# $*"\n';
  const { url } = await serve(t, (_request, response) => response.end(program));
  const context = await makeContext(t, [
    { stage: 'after-install', file: 'b.sh' },
    { stage: 'before-install', file: 'b.sh' },
    { stage: 'after-copy', url: `${url}/x?q=1`, sha256: digestOf(program) },
    { stage: 'before-install', file: 'b.sh', sha256: digestOf(program) },
  ]);
  await writeFile(join(context.directory, 'b.sh'), program);
  const events = await runHooks(context);
  t.deepEqual(said(events), [
    'hook: 1 before-install',
    'hook: 1 before-install',
    `hook: 2 after-copy ${context.target}`,
    `hook: 2 after-install ${context.target}`,
  ]);
  t.true(events.some(({ message }) => message === `fetching ${url}/x`));
});

test('a host file without hooks has no such steps', async (t) => {
  t.deepEqual(await runHooks(await makeContext(t, [])), []);
});

test('everything is fetched before anything runs, and before anything is written to a disk', async (t) => {
  const names = INSTALL_STEPS.map(({ name }) => name);
  t.true(names.indexOf('fetch-hooks') < names.indexOf('hooks-before-install'));
  t.true(names.indexOf('hooks-before-install') < names.indexOf('check'));
  t.true(names.indexOf('hooks-after-install') < names.indexOf('loader'));
  const context = await makeContext(t, [
    { stage: 'before-install', file: 'a.sh' },
    { stage: 'first-boot', file: 'missing.sh' },
  ]);
  const mark = join(context.directory, 'ran');
  await writeFile(join(context.directory, 'a.sh'), `#!/bin/sh\ntouch ${mark}\n`);
  const error = await refusal(t, runHooks(context));
  t.is(error.code, 'input/hook-file');
  t.regex(error.message, /reading the hook missing\.sh failed/);
  t.false(await exists(mark));
});

test('a hook that is not the right one does not run', async (t) => {
  const { url } = await serve(t, (_request, response) => response.end('#!/bin/sh\n'));
  const right = digestOf('#!/bin/sh\n');
  const wrong = `00${right.slice(2)}`;
  for (const hook of [
    { stage: 'before-install', url: `${url}/x?canary`, sha256: wrong },
    { stage: 'before-install', file: '/bin/true', sha256: wrong },
  ]) {
    const error = await refusal(t, runHooks(await makeContext(t, [hook])));
    t.is(error.code, 'verification/hook-digest');
    t.regex(error.hint ?? '', new RegExp(wrong));
    t.notRegex(formatError(error), /canary/);
  }
});

test('a host file that came alone has nothing beside it', async (t) => {
  const context = { ...(await makeContext(t, [{ stage: 'after-copy', file: 'x' }])) };
  const error = await refusal(t, runHooks({ ...context, beside: undefined }));
  t.is(error.code, 'input/hook-file');
  t.regex(error.hint ?? '', /absolute path, or a url/);
});

test('a server that is not there yet is waited for', async (t) => {
  let asked = 0;
  const { url } = await serve(t, (_request, response) => {
    asked += 1;
    response.writeHead(asked === 1 ? 503 : 200).end('#!/bin/sh\n');
  });
  const sha256 = digestOf('#!/bin/sh\n');
  const context = await makeContext(t, [{ stage: 'before-install', url, sha256 }]);
  const events = await runHooks(context);
  t.true(events.some(({ message }) => /failed; trying again in 2 s/.test(message)));
});

test('a hook that fails ends the installation, with its exit code and last lines', async (t) => {
  const context = await makeContext(t, [
    { stage: 'after-copy', file: 'bad.sh' },
    { stage: 'after-copy', file: 'never.sh' },
  ]);
  await writeFiles(context.directory, {
    'bad.sh':
      '#!/bin/sh\nfor i in $(seq 30); do echo "line $i"; done\necho "ouch\t\x1b[31m" >&2\nexit 3\n',
    'never.sh': '#!/bin/sh\necho never\n',
  });
  const events: StepEvent[] = [];
  const error = await refusal(
    t,
    runSteps(STEPS, context as HookContext, {
      ...{ stage: 'install', signal: context.signal, sink: (event) => void events.push(event) },
    }),
  );
  t.is(error.code, 'host/hook-failed');
  t.regex(error.message, /^the hook bad\.sh \(after-copy\) failed with exit code 3:\n {4}/);
  t.regex(error.message, /line 30/);
  t.notRegex(error.message, /line 5\b|\p{Cc}(?<!\n)/u);
  t.deepEqual(error.details, { hook: 'bad.sh', stage: 'after-copy', exitCode: 3 });
  t.is(said(events).filter((line) => line.includes('line')).length, 30);
  t.false(said(events).includes('hook: never'));
  t.like(events.at(-1), { state: 'failed', step: 'hooks-after-copy', code: 'host/hook-failed' });
});

test('what is no program is a hook that fails', async (t) => {
  const context = await makeContext(t, [{ stage: 'before-install', file: 'text' }]);
  await writeFile(join(context.directory, 'text'), '\x7fELF not\n');
  const error = await refusal(t, runHooks(context));
  t.is(error.code, 'host/hook-failed');
  t.regex(error.message, /exit code 12[67]/);
});

test('a hook that does not end is ended, with all that it started', async (t) => {
  const context = await makeContext(t, [{ stage: 'after-copy', file: 'slow.sh', timeout: 1 }]);
  const mark = join(context.directory, 'alive');
  await writeFiles(context.directory, {
    'slow.sh': `#!/bin/sh\n(sleep 4; touch ${mark}) &\necho waiting\nsleep 60\n`,
  });
  const started = performance.now();
  const error = await refusal(t, runHooks(context));
  t.true(performance.now() - started < 20_000);
  t.is(error.code, 'host/hook-failed');
  t.regex(error.message, /did not end within 1 s:\n {4}waiting$/);
  t.regex(error.hint ?? '', /timeout/);
  await new Promise((resolve) => setTimeout(resolve, 4500));
  t.false(await exists(mark));
});

test('an installation that is stopped stops its hook', async (t) => {
  const context = await makeContext(t, [{ stage: 'before-install', file: 'slow.sh' }]);
  await writeFiles(context.directory, { 'slow.sh': '#!/bin/sh\necho waiting\nsleep 60\n' });
  const abort = new AbortController();
  const running = runHooks({ ...context, signal: abort.signal });
  setTimeout(() => {
    abort.abort();
  }, 500);
  t.is((await refusal(t, running)).code, 'interrupted/cancelled');
});

test('a hook gets nothing of our environment', async (t) => {
  process.env['KRONOS_CANARY'] = 'canary';
  const context = await makeContext(t, [{ stage: 'before-install', file: '/usr/bin/env' }]);
  await writeFile(join(context.directory, 'env.sh'), '#!/bin/sh\nenv\npwd\n');
  const { hostFile } = context;
  hostFile.hooks[0] = { stage: 'before-install', file: 'env.sh', timeout: 10 };
  const names = said(await runHooks(context)).map((line) => line.slice(6).replace(/=.*/, ''));
  t.deepEqual(names.sort(), ['/', 'HOME', 'LC_ALL', 'PATH', 'PWD', 'TERM', 'TZ']);
});

test('a hook that talks without end does not fill the journal', async (t) => {
  const context = await makeContext(t, [{ stage: 'before-install', file: 'loud.sh' }]);
  await writeFiles(context.directory, {
    'loud.sh': `#!/bin/sh\nseq 20000\nhead -c 100000 /dev/zero | tr '\\0' x\necho\n`,
  });
  const lines = said(await runHooks(context));
  t.is(lines.length, 5001);
  t.is(lines.at(-1), 'hook: (more lines are left out)');
  t.true(lines.every((line) => line.length < 600));
});

test('hooks of the first boot travel to the host, with what is known of them', async (t) => {
  const context = await makeContext(t, [
    { stage: 'before-install', file: 'a.sh' },
    { stage: 'first-boot', file: 'a.sh', timeout: 60 },
    { stage: 'first-boot', file: 'b.sh' },
  ]);
  await writeFiles(context.directory, { 'a.sh': '#!/bin/sh\necho a\n', 'b.sh': '#!/bin/sh\n' });
  t.deepEqual(said(await runHooks(context)), ['hook: a']);
  const place = join(context.target, CARRIED_HOOKS);
  const list = JSON.parse(await readFile(join(place, 'hooks.json'), 'utf8')) as CarriedHook[];
  t.deepEqual(list, [
    {
      program: '02-first-boot',
      from: 'a.sh',
      sha256: digestOf('#!/bin/sh\necho a\n'),
      timeout: 60,
    },
    { program: '03-first-boot', from: 'b.sh', sha256: digestOf('#!/bin/sh\n'), timeout: 300 },
  ]);
  const { mode } = await stat(join(place, '02-first-boot'));
  t.is(mode & 0o777, 0o700);
  t.is(await readFile(join(place, '03-first-boot'), 'utf8'), '#!/bin/sh\n');
});
