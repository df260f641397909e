// Units of systemd.
import { run } from '../common/process.ts';

/** Whether a unit runs, or is mounted; one that does not exist does not. Errors: those of systemctl. */
export async function isActive(unit: string): Promise<boolean> {
  const { exitCode } = await run(['systemctl', 'is-active', '--quiet', unit], {
    accept: [0, 1, 2, 3, 4],
  });
  return exitCode === 0;
}
