// What an operator may ask for: checked where it enters, and in words for whoever must confirm it.
import * as z from 'zod';
import type { OperatorAction } from '../desk.ts';

const name = z.string().min(1).max(253);

/** An OperatorAction as it comes over HTTP. */
export const actionSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('start') }),
  z.strictObject({ do: z.literal('pause'), reason: z.string().max(500).optional() }),
  z.strictObject({ do: z.literal('resume') }),
  z.strictObject({ do: z.literal('approve'), wave: z.int().min(0).optional() }),
  z.strictObject({
    do: z.literal('retry'),
    hosts: z.array(name).min(1).max(20_000),
    reinstall: z.boolean().optional(),
  }),
  z.strictObject({
    do: z.literal('name'),
    machine: name,
    host: name,
    replaced: z.string().trim().min(1).max(253).optional(),
  }),
]) satisfies z.ZodType<OperatorAction>;

/** What a person reads before it is done, and on the button that does it. */
export interface Question {
  title: string;
  text: string;
  button: string;
}

/** The question before an action that ends in a disk being written; undefined where none is needed. */
export function questionOf(action: OperatorAction): Question | undefined {
  switch (action.do) {
    case 'start':
      return {
        title: 'Start the rollout?',
        text: 'Machines of this fleet are installed as its waves say. What is on their disks is lost.',
        button: 'Start the rollout',
      };
    case 'approve': {
      const wave = action.wave === undefined ? 'the next wave' : waveName(action.wave);
      return {
        title: `Approve ${wave}?`,
        text: 'Its machines are installed. What is on their disks is lost.',
        button: `Approve ${wave}`,
      };
    }
    case 'retry': {
      const verb = action.reinstall === true ? 'Reinstall' : 'Retry';
      const hosts = nameHosts(action.hosts);
      return {
        title: `${verb} ${hosts}?`,
        text: 'The installation begins anew. What is on the disks is lost.',
        button: `${verb} ${hosts}`,
      };
    }
    case 'name':
      if (action.replaced !== undefined) {
        return {
          title: `Was the mainboard of ${action.host} replaced?`,
          text: `The machine with ${action.machine} and ${action.replaced} becomes ${action.host}; the one from before is refused. What is on its disks is lost when its turn comes.`,
          button: 'It was replaced',
        };
      }
      return {
        title: `Is ${action.machine} the host ${action.host}?`,
        text: `It is installed as ${action.host} when its turn comes. What is on its disks is lost then.`,
        button: `Name it ${action.host}`,
      };
    case 'pause':
    case 'resume':
      return undefined;
  }
}

/** `the canary`, `wave 2`. */
export function waveName(wave: number): string {
  return wave === 0 ? 'the canary' : `wave ${wave}`;
}

function nameHosts(hosts: readonly string[]): string {
  const [first = '', ...more] = hosts;
  return more.length === 0 ? first : `${hosts.length} hosts`;
}
