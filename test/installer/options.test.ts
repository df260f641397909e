import test from 'ava';
import { HELP, parseOptions } from '../../src/installer/options.ts';

test('the help fits 80 columns, names every option, and shows an example that is real', (t) => {
  for (const line of HELP.split('\n')) t.regex(line, /^[ -~]{0,80}$/);
  const flags = [...HELP.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag = '']) => flag);
  t.true(flags.length >= 6);
  for (const flag of flags) {
    const value = new RegExp(`${flag} [A-Z]+`).test(HELP) ? ['x'] : [];
    t.notThrows(() => parseOptions([flag, ...value], []), flag);
  }
  const [, example = ''] = /^Example:\n {2}kronos-install (.*)$/m.exec(HELP) ?? [];
  t.like(parseOptions(example.split(' '), []), { hostFile: '/root/xen01.yaml', plan: true });
});

test('without arguments nothing is assumed', (t) => {
  t.like(parseOptions([], []), {
    ...{ hostFile: undefined, plan: false, unattended: false, reinstall: false },
    ...{ json: false, help: false, after: 'reboot' },
  });
});

test('the kernel command line says what comes after; the last one counts', (t) => {
  t.is(parseOptions([], ['quiet', 'kronos.after=poweroff']).after, 'poweroff');
  t.is(parseOptions([], ['kronos.after=poweroff', 'kronos.after=shell']).after, 'shell');
  t.throws(() => parseOptions([], ['kronos.after=halt']), {
    code: 'input/wrong-value',
    message: 'kronos.after=halt is not known',
  });
});

test('what is not known is an error that names it', (t) => {
  for (const argv of [['--unatended'], ['disk'], ['--host-file']])
    t.throws(() => parseOptions(argv, []), { code: 'input/unknown-option' });
});
