// A release with the simulator of xapi as its toolstack.
import { join } from 'node:path';
import { run } from '../../src/common/process.ts';
import { makeSimulatorPackages } from '../xapi-simulator/guest/package.ts';

const EDITION = 'debian-13';

/** Locks and builds it; gives its directory, in which are the ISO and the network boot tree. */
export async function makeSimulatorRelease(directory: string): Promise<string> {
  const packages = join(directory, 'packages');
  await makeSimulatorPackages(packages);
  const words = ['--origin', `xapi=dir:${packages}`, '--lock', join(directory, 'lock.yaml')];
  const kronos = async (...argv: string[]): Promise<void> => {
    await run(['./kronos', ...argv], { extendEnvironment: true });
  };
  await kronos('lock', EDITION, ...words);
  await kronos('build', EDITION, ...words, '--out', join(directory, 'out'));
  return join(directory, 'out', `${EDITION}-amd64`);
}
