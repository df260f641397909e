// kronos doctor
import type { Command } from 'commander';
import { formatTable } from '../common/format.ts';
import { addCommonOptions, cacheDirectory, createSubCommand } from './options.ts';
import type { CommonOptions, Runner } from './session.ts';

interface DoctorOptions extends CommonOptions {
  cache?: string;
}

const SIGNS = { ok: 'ok', bad: 'BAD', note: 'note' } as const;

/** Defines `kronos doctor`. */
export function createCommand(run: Runner): Command {
  const command = createSubCommand(
    'doctor',
    'Looks whether this machine can build and try images, and says in one line each what to do if not. Nothing is changed.',
    ['kronos doctor', 'kronos doctor --json'],
  ).option('--cache <DIR>', 'where builds keep their steps (default ~/.cache/kronos)');
  return addCommonOptions(command).action((options: DoctorOptions) =>
    run(options, async () => {
      const { doctorExitCode, examineHost } = await import('../builder/doctor.ts');
      const checks = await examineHost({ cache: cacheDirectory(options.cache) });
      const exitCode = doctorExitCode(checks);
      const rows = checks.map((check) => [
        SIGNS[check.status],
        check.name,
        check.remedy === undefined ? check.found : `${check.found} -> ${check.remedy}`,
      ]);
      const end = exitCode === 0 ? 'This machine can build.' : 'This machine cannot build yet.';
      return {
        json: { ok: exitCode === 0, checks },
        text: `${formatTable(rows)}\n\n${end}`,
        exitCode,
      };
    }),
  );
}
