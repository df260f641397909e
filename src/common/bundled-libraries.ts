/** Libraries of many files that every start loads; src/cli/bundle-libraries.ts makes one file of each. */
export const BUNDLED_LIBRARIES = ['zod'] as const;
