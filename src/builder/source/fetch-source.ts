// The files of a source package, from an index whose signature apt has checked.
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile, type Sha256 } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import type { Progress } from '../../common/progress.ts';
import { runApt, updateIndices, withAptRoot } from '../apt/root.ts';
import { suiteSource, type Mirror } from '../apt/sources.ts';
import { parseStanzas, stripSignature } from '../apt/stanzas.ts';

export interface SourceRequest {
  source: string;
  /** Exact version; undefined: the suite's newest. */
  version?: string | undefined;
  /** Suite whose source packages are looked through, for example `sid`. */
  suite: string;
}

export interface FetchedSource {
  source: string;
  version: string;
  /** Path of the .dsc; the files it names lie beside it. */
  file: string;
  dsc: Sha256;
}

/**
 * Downloads a source package into `directory`.
 * Errors: `input/unknown-source`, `input/unknown-version`, those of `updateIndices`.
 */
export async function fetchSource(
  request: SourceRequest,
  options: {
    mirror: Mirror;
    components: readonly string[];
    architecture: string;
    cache: string;
    directory: string;
    signal?: AbortSignal | undefined;
  },
  progress: Progress,
): Promise<FetchedSource> {
  const { source, version, suite } = request;
  const { mirror, components, architecture, cache, directory, signal } = options;
  const index = { ...suiteSource(mirror, suite, components), deb: 'deb-src' as const };
  await mkdir(directory, { recursive: true });
  return withAptRoot({ cache, architecture, sources: [index], signal }, async (root) => {
    await updateIndices(root, progress);
    progress.note(`fetching source ${source}`);
    const word = version === undefined ? source : `${source}=${version}`;
    const doing = `fetching the source package ${source} from ${suite}`;
    // `--only-source`: apt would also take the name of a binary package, and then another source.
    const argv = ['apt-get', 'source', '--download-only', '--only-source', '-q', word];
    try {
      await runApt(root, argv, doing, { cwd: directory });
    } catch (error) {
      if (version === undefined || !isUnknownSource(error)) throw error;
      throw new KronosError('input/unknown-version', `${doing}: there is no version ${version}`, {
        hint: 'leave the version out to take the newest; mirrors keep no older ones',
      });
    }
    const dsc = (await readdir(directory)).find((name) => name.endsWith('.dsc'));
    if (dsc === undefined) {
      throw new KronosError('io/apt-failed', `fetching the source package ${source} gave no .dsc`);
    }
    const file = join(directory, dsc);
    const stanza = parseStanzas(stripSignature(await readFile(file, 'utf8')))[0];
    const found = {
      source: stanza?.get('source') ?? source,
      version: stanza?.get('version') ?? '',
    };
    return { ...found, file, dsc: await digestFile(file) };
  });
}

/** apt says the same of a name and of a version that is not there. */
function isUnknownSource(error: unknown): boolean {
  return error instanceof KronosError && error.code === 'input/unknown-source';
}
