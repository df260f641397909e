// The program kronos-selftest: do the recipes' checks hold in this booted appliance?
import { parseProgramOptions } from '../common/program-options.ts';
import { KronosError, exitCodeOf, formatError } from '../common/error.ts';
import { exists } from '../common/files.ts';
import { APPLIANCE_FILE, readAppliance } from './appliance.ts';
import { detectBoot, runSelfTest } from './check-run.ts';
import { renderDocument, renderTable } from './selftest-report.ts';

const HELP = `Usage: kronos-selftest [--text] [--no-wait] [--appliance FILE]

Runs the checks that the recipes of this appliance declare and prints one JSON
document between marker lines, as the build's own tests read it.

  --text            print a table for people instead
  --no-wait         do not wait until the system is up
  --timeout S       seconds to wait for it (default 300)
  --appliance FILE  the description of the appliance
                    (default ${APPLIANCE_FILE})

Exit code: 0 every check holds, 6 one does not.
`;

async function main(): Promise<number> {
  const { values } = parse();
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const bootTimeout = Number(values.timeout);
  if (!(bootTimeout > 0)) {
    throw new KronosError(
      'input/wrong-value',
      `--timeout ${values.timeout} is not a number of seconds`,
    );
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupt.abort();
    });
  }
  const result = await runSelfTest(await readAppliance(values.appliance), {
    boot: await detectBoot(),
    medium: await exists('/run/kronos/boot'),
    bootTimeout,
    systemctl: values['no-wait'] ? undefined : ['systemctl'],
    signal: interrupt.signal,
    onResult: ({ name, ok, why }) => {
      if (!ok) process.stderr.write(`kronos-selftest: ${name}: ${why ?? 'failed'}\n`);
    },
  });
  process.stdout.write(values.text ? renderTable(result) : renderDocument(result));
  return result.ok ? 0 : 6;
}

function parse() {
  return parseProgramOptions('kronos-selftest', {
    options: {
      text: { type: 'boolean', default: false },
      'no-wait': { type: 'boolean', default: false },
      timeout: { type: 'string', default: '300' },
      appliance: { type: 'string', default: APPLIANCE_FILE },
      help: { type: 'boolean', short: 'h', default: false },
    },
    strict: true,
  });
}

process.stdout.on('error', () => undefined);
main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${formatError(error)}\n`);
    process.exitCode = exitCodeOf(error);
  },
);
