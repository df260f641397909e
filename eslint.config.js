// Rules that hold for everything that is compiled; formatting is prettier's.
import tseslint from 'typescript-eslint';

const PROCESSES = 'start programs with run() or start() of src/common/process.ts';

export default tseslint.config(
  { ignores: ['build/', 'node_modules/', 'out/', 'cache/', 'coverage/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_',
          ignoreRestSiblings: true,
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'execa', message: PROCESSES },
            { name: 'child_process', message: PROCESSES },
            { name: 'node:child_process', message: PROCESSES },
            { name: 'zx', message: 'zx is for scripts outside of src' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/common/process.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: ['zx'] }] },
  },
  {
    // Tests start what they test in ways of their own, and print what they find.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-imports': 'off', 'no-console': 'off' },
  },
);
