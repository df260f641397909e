// The option `--image` of commands that hold a host file against an image.
import { Option } from 'commander';
import type { Toolstack } from '../../host/findings.ts';

/** `--image RELEASE`. */
export function imageOption(): Option {
  return new Option(
    '--image <RELEASE>',
    'check that this image fits: a directory that kronos build made, an ISO or a manifest',
  );
}

/** The toolstack of an image, from its manifest; undefined where none is named. Errors: those of openRelease. */
export async function readToolstack(release: string | undefined): Promise<Toolstack | undefined> {
  if (release === undefined) return undefined;
  const { openRelease } = await import('../../builder/manifest/release.ts');
  const { manifest } = await openRelease(release);
  return manifest.toolstack.name;
}
