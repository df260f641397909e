// The options that say what is built: the same for `build` and `lock`.
import { Option, type Command } from 'commander';
import type { SelectionRequest } from '../builder/request.ts';
import { collect, DEFAULT_EDITION } from './options.ts';

export interface SelectionOptions {
  arch?: string;
  recipes?: string[];
  with?: string[];
  origin?: string[];
  lock?: string;
}

export interface MirrorOptions {
  mirror?: string;
  securityMirror?: string;
  keyring?: string;
  cache?: string;
}

/** Adds the argument `[edition]` and what chooses recipes. */
export function addSelectionOptions(command: Command): Command {
  return command
    .argument('[edition]', 'what to make, see kronos recipes', DEFAULT_EDITION)
    .option('--arch <NAME>', "Debian architecture instead of the edition's own")
    .option('--recipes <DIR>', 'recipes of your own, which win over ours (repeatable)', collect)
    .option('--with <RECIPE>', 'add a recipe (repeatable)', collect)
    .option(
      '--origin <NAME=SPEC>',
      'where packages of recipes come from: dir:PATH, apt:URL,SUITE,COMPONENTS,KEY or deb-src:SUITE/SOURCE (repeatable)',
      collect,
    )
    .option('--lock <FILE>', 'the lock file (default beside the edition)');
}

/** Adds where packages are fetched from and kept. */
export function addMirrorOptions(command: Command): Command {
  return command
    .option('--mirror <URL>', "mirror of the distribution (default from apt's configuration)")
    .option('--security-mirror <URL>', 'mirror of its security archive')
    .option('--keyring <FILE>', "keys of the distribution's archive")
    .addOption(
      new Option(
        '--cache <DIR>',
        'packages and steps kept for next time (default ~/.cache/kronos)',
      ),
    );
}

/** The options as the builder takes them. */
export function selectionRequest(edition: string, options: SelectionOptions): SelectionRequest {
  return {
    edition,
    architecture: options.arch,
    recipes: options.recipes,
    with: options.with,
    origins: options.origin,
    lock: options.lock,
  };
}
