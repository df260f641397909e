// Where tests find the programs that make artefacts: the tree that the `tools` step of a build leaves.

/**
 * The unpacked tools (`root` of the tools step). The test runner builds them and names them in KRONOS_TOOLS_ROOT; a
 * test that needs them fails without, because a check that is passed over is no check.
 */
export function toolsRoot(): string {
  const root = process.env['KRONOS_TOOLS_ROOT'];
  if (root === undefined || root === '') {
    throw new Error(
      'KRONOS_TOOLS_ROOT is not set: run `npm test`, or set it to the root of an unpacked tools step',
    );
  }
  return root;
}
