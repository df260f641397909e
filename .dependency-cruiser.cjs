// The arrows of docs/architecture.md: who may import whom.
const PROGRAMS = ['builder', 'installer', 'firstboot', 'fleet'];
const LIBRARIES = ['host', 'steps', 'xenapi'];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'modules that import each other cannot be read one at a time',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'common-is-the-bottom',
      severity: 'error',
      comment: 'src/common knows nothing of the rest',
      from: { path: '^src/common/' },
      to: { path: '^src/', pathNot: '^src/common/' },
    },
    {
      name: 'cli-is-the-top',
      severity: 'error',
      comment: 'only the launcher and tests use src/cli',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'process-is-the-only-starter',
      severity: 'error',
      comment: 'other programs are started through src/common/process.ts',
      from: { path: '^src/', pathNot: '^src/common/process[.]ts$' },
      to: { path: '(^|/)node_modules/(execa|zx)/|^(node:)?child_process$' },
    },
    ...PROGRAMS.map((name) => ({
      name: `${name}-meets-others-in-files`,
      severity: 'error',
      comment: 'the four programs never import one another: they meet in files',
      from: { path: `^src/${name}/` },
      to: { path: `^src/(${PROGRAMS.filter((other) => other !== name).join('|')})/` },
    })),
    {
      name: 'libraries-know-no-program',
      severity: 'error',
      from: { path: `^src/(${LIBRARIES.join('|')})/` },
      to: { path: `^src/(${[...PROGRAMS, 'lab', 'appliance'].join('|')})/` },
    },
    {
      name: 'appliance-stands-alone',
      severity: 'error',
      comment:
        'what runs in the appliance is bundled: only src/common, and types of what others write',
      from: { path: '^src/appliance/' },
      to: { path: '^src/', pathNot: '^src/(appliance|common)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'lab-knows-no-program',
      severity: 'error',
      comment: 'the lab boots finished images; it takes only types from those who make them',
      from: { path: '^src/lab/' },
      to: { path: `^src/(${PROGRAMS.join('|')}|appliance)/`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'programs-know-no-lab',
      severity: 'error',
      from: { path: `^src/(${[...PROGRAMS, ...LIBRARIES].join('|')})/` },
      to: { path: '^src/lab/' },
    },
    {
      name: 'src-knows-no-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'every-import-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
