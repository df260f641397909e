// Scenarios in real virtual machines: one at a time, each allowed to take long where there is no KVM.
export default {
  typescript: { rewritePaths: { 'src/': 'build/src/', 'test/': 'build/test/' }, compile: false },
  files: ['test/vm/**/*.test.ts'],
  serial: true,
  concurrency: 1,
  timeout: '40m',
};
