// The program inside the sandbox: reads the job's input from standard input, runs it, and says how it went.
import { pathToFileURL } from 'node:url';
import { KronosError } from '../../common/error.ts';
import { run } from '../../common/process.ts';
import type { JobMessage, JobModule } from './job.ts';

function send(message: JobMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function readInput(): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
}

async function main(): Promise<void> {
  // The one umask and the one name that every build has, whoever runs it.
  process.umask(0o022);
  await run(['hostname', 'kronos-build'], { accept: [0, 1] });
  await run(['mount', '-t', 'proc', 'proc', '/proc'], { accept: [0, 1, 32] });
  const file = process.argv[2];
  if (file === undefined) throw new TypeError('no job named');
  const job = (await import(pathToFileURL(file).href)) as JobModule<unknown, unknown>;
  const value = await job.runJob(await readInput(), {
    progress: {
      note: (text) => {
        send({ type: 'note', text });
      },
      log: (text) => {
        send({ type: 'log', text });
      },
      warn: (text) => {
        send({ type: 'warn', text });
      },
    },
  });
  send({ type: 'result', value });
}

try {
  await main();
} catch (error) {
  if (error instanceof KronosError) {
    const { code, message, hint, details } = error;
    send({ type: 'error', code, message, hint, details });
  } else {
    const known = error instanceof Error ? error : new Error(String(error));
    send({ type: 'error', message: known.message, stack: known.stack });
  }
  process.exitCode = 1;
}
