// Digests of files in the cache, which never change once they are there.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { digestFile, type Sha256 } from '../../common/digest.ts';

const digests = new Map<string, Promise<Sha256>>();

/** sha256 of a file of a finished step, read once per run and kept beside it. */
export async function rememberedDigest(path: string): Promise<Sha256> {
  const known = digests.get(path);
  if (known !== undefined) return known;
  const reading = (async () => {
    const { size, mtimeMs } = await stat(path);
    const note = `${path}.sha256`;
    const kept = await readFile(note, 'utf8').catch(() => '');
    const [digest, keptSize, keptTime] = kept.trim().split(' ');
    if (digest !== undefined && keptSize === String(size) && keptTime === String(mtimeMs))
      return digest;
    const fresh = await digestFile(path);
    await writeFile(note, `${fresh} ${size} ${mtimeMs}\n`).catch(() => undefined);
    return fresh;
  })();
  digests.set(path, reading);
  return reading;
}
