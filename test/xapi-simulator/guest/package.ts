// The simulator as packages with upstream's names: an origin for images of tests.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../../../src/builder/bundle.ts';
import { makeDeb } from '../../builder/packages/deb.ts';

const PROGRAM = 'usr/lib/xapi-simulator/xapi.cjs';
const CLASSES = 'usr/lib/xapi-simulator/classes.json';
const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** Packages of the recipe that hold nothing here. */
const EMPTY = [
  'xenopsd-xc',
  'xcp-networkd',
  'squeezed',
  'xcp-rrdd',
  'message-switch',
  'forkexecd',
  'sm',
];

const UNIT = `[Unit]
Description=Simulator of xapi, for tests
After=network.target local-fs.target

[Service]
Environment=XAPI_SIMULATOR_CLASSES=/${CLASSES} XAPI_SIMULATOR_FASTER=4
ExecStart=/usr/bin/node /${PROGRAM}
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;

const XE = `#!/bin/sh
XAPI_SIMULATOR_CLASSES=/${CLASSES} exec /usr/bin/node /${PROGRAM} xe "$@"
`;

/** Makes the packages in a directory: `--origin xapi=dir:DIRECTORY`. */
export async function makeSimulatorPackages(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const bundle = join(directory, 'xapi.cjs');
  await bundleProgram(MAIN, bundle);
  const classes = join(import.meta.dirname, '../../../../test/xapi-simulator/classes.json');
  await makeDeb(directory, {
    name: 'xapi-core',
    fields: { Depends: 'nodejs' },
    files: {
      [PROGRAM]: await readFile(bundle, 'utf8'),
      [CLASSES]: await readFile(classes, 'utf8'),
      'usr/lib/systemd/system/xapi.service': UNIT,
      'usr/lib/systemd/system/multi-user.target.d/xapi.conf': '[Unit]\nWants=xapi.service\n',
    },
  });
  await makeDeb(directory, {
    ...{ name: 'xapi-xe', fields: { Depends: 'xapi-core' } },
    files: { 'usr/bin/xe': XE },
    executable: ['usr/bin/xe'],
  });
  for (const name of EMPTY) await makeDeb(directory, { name });
}
