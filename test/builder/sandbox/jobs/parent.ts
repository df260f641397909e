// A process of its own that runs the job `hold`, to be killed by a test.
import { SILENT } from '../../../../src/common/progress.ts';
import { runInSandbox } from '../../../../src/builder/sandbox/sandbox.ts';

const signal = new AbortController().signal;
const job = new URL('hold.js', import.meta.url).href;
await runInSandbox(job, { socket: process.argv[2] }, { progress: SILENT, signal });
