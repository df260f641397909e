// Which toolstack this host has, and what put it there: an image says so, packages are looked for.
import { join } from 'node:path';
import { readAppliance } from '../appliance/appliance.ts';
import { KronosError } from '../common/error.ts';
import { exists, readTextOrUndefined } from '../common/files.ts';
import { run } from '../common/process.ts';
import type { BootContext } from './context.ts';

/** Where upstream's packages have the daemon. */
const XAPI = '/opt/xensource/bin/xapi';

/** The toolstack of the image, or the one that packages brought. Errors: `host/bad-appliance`. */
export async function readToolstack(): Promise<BootContext['toolstack']> {
  const appliance = await readOwn();
  if (appliance !== undefined) return appliance.toolstack.name === 'xapi' ? 'xapi' : 'xl';
  return (await exists(XAPI)) ? 'xapi' : 'xl';
}

/** The version of the image, or of the package that this program came with. */
export async function readVersion(): Promise<string> {
  const appliance = await readOwn();
  if (appliance !== undefined) return appliance.version;
  const argv = ['dpkg-query', '--show', '--showformat=${Version}', 'kronos-firstboot'];
  const version = await run(argv).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  return version === '' ? 'unknown' : version;
}

async function readOwn(): Promise<Awaited<ReturnType<typeof readAppliance>> | undefined> {
  try {
    return await readAppliance();
  } catch (error) {
    if (error instanceof KronosError && error.code === 'host/no-appliance') return undefined;
    throw error;
  }
}

/** The edition of a host that packages made: its distribution, for example `debian-13`. */
export async function readEdition(root: string): Promise<string> {
  const text = (await readTextOrUndefined(join(root, '/etc/os-release'))) ?? '';
  const value = (key: string): string =>
    new RegExp(`^${key}="?([\\w.-]+)"?$`, 'm').exec(text)?.[1] ?? '';
  return [value('ID'), value('VERSION_ID')].filter((one) => one !== '').join('-') || 'unknown';
}
