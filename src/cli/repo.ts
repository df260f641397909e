// kronos repo: repositories of packages in a plain directory.
import type { Command } from 'commander';
import { createSubCommand } from './options.ts';
import { createMake } from './repo/make.ts';
import { createServe } from './repo/serve.ts';
import { createVerify } from './repo/verify.ts';
import type { Runner } from './session.ts';

/** Defines `kronos repo` and what is below it. */
export function createCommand(run: Runner): Command {
  return createSubCommand(
    'repo',
    'Makes signed repositories for apt and dnf in a plain directory that any web server serves.',
    ['kronos repo make ./repo --key KEY ./packages', 'kronos repo serve ./repo'],
  )
    .addCommand(createMake(run).summary('put packages into a repository, and sign it'))
    .addCommand(createVerify(run).summary('check signatures, indices and packages'))
    .addCommand(createServe(run).summary('serve a directory over HTTP, for a try'));
}
