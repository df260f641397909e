// The screens on the terminal that this program is started on, of a recorded machine; nothing is installed.
import { openShell } from '../../../src/installer/ui/outside.ts';
import { runInteractive } from '../../../src/installer/ui/run.ts';
import { openTerminal } from '../../../src/installer/ui/terminal.ts';
import { readMachine } from '../../host/machines.ts';
import { worldOf } from './drive.ts';

const [machine = 'two-nvme-equal', lockFile = '/tmp/kronos-test.lock'] = process.argv.slice(2);
const inventory = await readMachine(machine);
const how = await runInteractive({
  terminal: openTerminal(process.stdin, process.stdout, 'pts/0'),
  world: worldOf(inventory),
  signal: new AbortController().signal,
  outside: {
    probe: () => Promise.resolve(inventory),
    install: () => Promise.resolve(),
    shell: openShell,
    loadKeymap: () => Promise.resolve(undefined),
    save: (name) => Promise.resolve(name),
    lockFile,
  },
});
process.stdout.write(`left: ${how}\n`);
