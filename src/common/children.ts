// Starts child processes that do not outlive us, as far as we have a say in how we end.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

/** What ends a program that does not listen for it. */
const ENDINGS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** Those that run. */
const children = new Set<ChildProcess>();

/**
 * Starts a program. It is ended when we exit, and when a signal ends us that nobody here listens for.
 * Errors: none here; the child says `error`.
 */
export function spawnChild(
  [file = '', ...args]: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(file, args, options);
  if (children.size === 0) listen();
  children.add(child);
  const forget = (): void => {
    children.delete(child);
    if (children.size === 0) stopListening();
  };
  child.once('exit', forget);
  // One that never ran has no exit.
  child.once('error', () => {
    if (child.pid === undefined) forget();
  });
  return child;
}

function listen(): void {
  process.on('exit', endChildren);
  for (const signal of ENDINGS) process.on(signal, endWith);
}

function stopListening(): void {
  process.removeListener('exit', endChildren);
  for (const signal of ENDINGS) process.removeListener(signal, endWith);
}

function endChildren(): void {
  for (const child of children) child.kill();
}

/** Our listening keeps the signal from ending us, which it does now, unless somebody else knows better. */
function endWith(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endChildren();
  stopListening();
  process.kill(process.pid, signal);
}
