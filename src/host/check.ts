// What the schema cannot say of a host file: keys that contradict one another, and what is allowed but will surprise.
import type { KronosError } from '../common/error.ts';
import type { YamlDocument } from '../common/yaml.ts';
import { checkAccess } from './check-access.ts';
import { checkBoot } from './check-boot.ts';
import { checkNetwork } from './check-network.ts';
import { checkStorage } from './check-storage.ts';
import { collectFindings, type Toolstack } from './findings.ts';
import type { HostFile } from './schema/host-file.ts';

/**
 * Finds what is wrong and what will surprise in a host file. `document` is where it was typed; `toolstack` that of the
 * image, where it is known.
 */
export function checkHostFile(
  hostFile: HostFile,
  document: Pick<YamlDocument, 'locate'>,
  toolstack?: Toolstack,
): { errors: KronosError[]; warnings: KronosError[] } {
  const findings = collectFindings(document);
  checkAccess(hostFile, findings);
  checkStorage(hostFile, findings);
  checkNetwork(hostFile, findings);
  checkBoot(hostFile, findings, toolstack);
  const { errors, warnings } = findings;
  return { errors, warnings };
}
