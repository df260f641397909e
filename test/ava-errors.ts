// Loaded into ava's main process before ava itself. The TAP reporter of ava 7.0.0 reads `originalError` of every error, but
// those that the main process makes (no test ended in time, process.exit() in a test) have none: the reporter dies of
// that, the run with it, and which test it was is never said.
Object.defineProperty(Error.prototype, 'originalError', {
  configurable: true,
  get(this: Error): Error {
    return this;
  },
});

export {};
