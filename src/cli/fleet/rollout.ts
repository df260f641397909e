// kronos fleet rollout, pause and resume
import { Option, type Command } from 'commander';
import type { OperatorAction } from '../../fleet/desk.ts';
import { createSubCommand } from '../options.ts';
import type { Runner } from '../session.ts';
import { askFor } from './act.ts';
import { addServerOptions, type ServerOptions } from './server-options.ts';

interface RolloutOptions extends ServerOptions {
  pause?: string;
  resume?: boolean;
}

/** Defines `kronos fleet rollout`. */
export function createRollout(run: Runner): Command {
  const command = createSubCommand(
    'rollout',
    'Starts the rollout: from now on machines are armed as the policy of the fleet file says, canary and coordinators first. What is on the disks of an armed machine is lost when it is installed.',
    ['kronos fleet rollout', 'kronos fleet rollout --pause "the switch in rack 7 is exchanged"'],
  )
    .addOption(
      new Option('--pause <REASON>', 'arm no more machines; what is under way goes on').conflicts(
        'resume',
      ),
    )
    .option('--resume', 'go on after a pause, also one after too many failures');
  return addServerOptions(command).action((options: RolloutOptions) =>
    run(options, (session) => askFor(actionOf(options), options, session)),
  );
}

function actionOf({ pause, resume }: RolloutOptions): OperatorAction {
  if (pause !== undefined) return { do: 'pause', reason: pause };
  return { do: resume === true ? 'resume' : 'start' };
}

/** Defines `kronos fleet pause`. */
export function createPause(run: Runner): Command {
  const command = createSubCommand(
    'pause',
    'Arms no more machines until somebody resumes; what is under way goes on.',
    ['kronos fleet pause', 'kronos fleet pause "the switch in rack 7 is exchanged"'],
  ).argument('[reason]', 'why, for whoever looks at the status');
  return addServerOptions(command).action((reason: string | undefined, options: ServerOptions) =>
    run(options, (session) => askFor({ do: 'pause', reason }, options, session)),
  );
}

/** Defines `kronos fleet resume`. */
export function createResume(run: Runner): Command {
  const command = createSubCommand(
    'resume',
    'Goes on after a pause. After a pause for too many failures only failures that come on top stop it again.',
    ['kronos fleet resume'],
  );
  return addServerOptions(command).action((options: ServerOptions) =>
    run(options, (session) => askFor({ do: 'resume' }, options, session)),
  );
}
