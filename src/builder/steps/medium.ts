// What the steps that make boot files and media share.
import { utimes } from 'node:fs/promises';
import type { Sha256 } from '../../common/digest.ts';
import { FIXED_ENVIRONMENT, run } from '../../common/process.ts';
import { toolCommand } from '../tools.ts';
import type { StepContext } from '../step/step.ts';

/** A file of a medium: where it is there, and where its bytes are here. */
export interface MediumFile {
  /** Absolute path on the medium. */
  target: string;
  /** Path on the machine that builds. */
  source: string;
  /** Digest of the bytes where a step before found it. */
  sha256?: Sha256 | undefined;
}

/** One run of a tool; the name is looked up in the tools tree. */
export interface ToolCall {
  tool: string;
  arguments: readonly string[];
}

/**
 * What tools are run with: nothing of the caller's own environment, and every clock that asks for it standing still.
 * mtools would read configuration of the machine.
 */
export function toolEnvironment(epoch: number): Record<string, string> {
  return {
    ...FIXED_ENVIRONMENT,
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/nonexistent',
    MTOOLSRC: '/dev/null',
    SOURCE_DATE_EPOCH: String(epoch),
  };
}

/** Runs tool calls one after the other. Errors: those of `run`. */
export async function runTools(
  toolsRoot: string,
  calls: readonly ToolCall[],
  epoch: number,
  context: StepContext,
): Promise<void> {
  for (const call of calls) {
    await run(toolCommand(toolsRoot, call.tool, call.arguments), {
      environment: toolEnvironment(epoch),
      signal: context.signal,
    });
  }
}

/** Gives files the one date of a build; tools copy it into what they make. */
export async function setDates(paths: readonly string[], epoch: number): Promise<void> {
  for (const path of paths) await utimes(path, epoch, epoch);
}
