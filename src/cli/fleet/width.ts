// How wide results may be.

/** Columns of the terminal that results go to, between 60 and 160; 80 where they go elsewhere. */
export function outputWidth(): number {
  return process.stdout.isTTY ? Math.max(60, Math.min(160, process.stdout.columns)) : 80;
}
