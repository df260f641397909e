// What kronos-status --help prints.
import { APPLIANCE_FILE } from './appliance.ts';

export const HELP = `Usage: kronos-status [--json] [FILE]

Prints what this host is, where it can be reached and what to do next.
FILE is the description of the appliance (default ${APPLIANCE_FILE}).
`;
