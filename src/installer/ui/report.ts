// What a person takes along after a failure: enough to ask somebody, and no secrets.
import { formatBytes } from '../../common/format.ts';
import { formatDiskTable } from '../../host/select/table.ts';
import type { FlowState } from './state.ts';

/** Columns; it is read on the screen as well. */
const WIDTH = 76;

/** The report as text. The host file is not in it: it holds a password hash. */
export function formatReport({ world, failure, progress }: FlowState): string {
  const { version, edition, inventory } = world;
  const { machine } = inventory;
  return [
    `Kronos ${version}, edition ${edition}: report of a failed installation`,
    '',
    `code     ${failure?.code ?? 'none'}`,
    `message  ${failure?.message.replaceAll('\n', '\n         ') ?? ''}`,
    `hint     ${failure?.hint ?? ''}`,
    '',
    `machine  ${[machine.vendor, machine.product].filter((part) => part !== undefined).join(' ')}`,
    `         ${machine.firmware}, ${formatBytes(machine.memory)} of memory, ${machine.xen ? 'on Xen' : 'without Xen'}`,
    '',
    ...formatDiskTable(inventory.disks, WIDTH),
    '',
    ...(progress?.log ?? []),
    '',
  ].join('\n');
}
