import test from 'ava';
import { HELP, parseOptions } from '../../src/firstboot/options.ts';

test('commands and their words', (t) => {
  t.deepEqual(parseOptions(['apply']), {
    command: 'apply',
    step: undefined,
    json: false,
    watch: false,
  });
  t.like(parseOptions(['status', '--watch', '--json']), {
    command: 'status',
    json: true,
    watch: true,
  });
  t.like(parseOptions(['retry', 'network']), { command: 'retry', step: 'network' });
  t.is(parseOptions(['--help']).command, 'help');
  t.is(parseOptions(['apply', '-h']).command, 'help');
});

test('the pool is named whole, its fingerprint as openssl or browsers write it', (t) => {
  const digits = 'ab'.repeat(32);
  const words = ['--to', '10.0.0.1', '--password-file', '-', '--fingerprint'];
  t.deepEqual(parseOptions(['join', ...words, digits.replaceAll('ab', 'AB:').slice(0, -1)]).pool, {
    ...{ address: '10.0.0.1', fingerprint: digits, user: 'root', passwordFile: '-' },
  });
  t.throws(() => parseOptions(['join', '--to', '10.0.0.1']), { code: 'input/missing-argument' });
  t.throws(() => parseOptions(['preflight', ...words, 'abc']), { code: 'input/wrong-value' });
});

test('what is not understood is told, not passed over', (t) => {
  for (const words of [[], ['begin'], ['apply', 'network'], ['retry'], ['retry', 'a', 'b']])
    t.throws(() => parseOptions(words), { code: 'input/unknown-command' }, words.join(' '));
  t.throws(() => parseOptions(['apply', '--force']), { code: 'input/unknown-option' });
});

test('the help fits 80 columns', (t) => {
  for (const line of HELP.split('\n')) t.true(line.length <= 80, line);
});
