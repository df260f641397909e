// Unit and small integration tests; the long QEMU scenarios have their own configuration (ava.vm.config.js).
export default {
  typescript: { rewritePaths: { 'src/': 'build/src/', 'test/': 'build/test/' }, compile: false },
  files: ['test/**/*.test.ts', '!test/vm/**'],
  timeout: '5m',
};
