/** Libraries of many files that every start loads; src/cli/bundle-libraries.ts makes one file of each. */
export const BUNDLED_LIBRARIES = ['execa', 'zod'] as const;
