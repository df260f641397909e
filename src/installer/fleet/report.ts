// The report of an installation that a fleet wants: it begins before the host file is checked, and does not end unheard.
import { loadYaml } from '../../common/yaml.ts';
import { isMapping } from '../../host/document.ts';
import { reportSchema } from '../../host/schema/network.ts';
import { readSecret } from '../../host/secret.ts';
import { startReport, type ReportSubject } from '../report.ts';
import type { Session } from '../session.ts';
import type { FleetServer } from './server.ts';

/** Seconds; a fleet that does not hear of the end would have the host installed once more. */
const PATIENCE = 24 * 3600;

/**
 * Begins to report, and keeps in the session with which token the server is asked afterwards. A host file without a
 * target that can be read is left to whoever checks it. Errors: those of readSecret.
 */
export async function reportToFleet(
  session: Session,
  from: { text: string; server: FleetServer; subject: Omit<ReportSubject, 'hostFile'> },
): Promise<void> {
  const { text, server, subject } = from;
  const hostFile = glimpseTarget(text);
  const { token: secret } = hostFile?.report ?? {};
  if (hostFile === undefined || secret === undefined) return;
  const token = await readSecret(secret, subject.secrets);
  session.scrub.learn(token);
  session.fleet = { server, token };
  session.report = await startReport({ ...subject, hostFile, reporter: { seconds: PATIENCE } });
}

/** Where a host file wants reports, whether the rest of it is any good or not. */
function glimpseTarget(text: string): ReportSubject['hostFile'] | undefined {
  let value: unknown;
  try {
    ({ value } = loadYaml(text, 'host file'));
  } catch {
    return undefined;
  }
  if (!isMapping(value)) return undefined;
  const report = reportSchema.safeParse(value['report']);
  if (!report.success) return undefined;
  return { hostname: String(value['hostname']), report: report.data };
}
