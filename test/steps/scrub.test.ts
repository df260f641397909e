import test from 'ava';
import fc from 'fast-check';
import { formatError, KronosError, KronosErrors } from '../../src/common/error.ts';
import { createScrubber, scrubError, scrubValue } from '../../src/steps/scrub.ts';

test('a secret is removed however it is written', (t) => {
  const secret = 'pä"ss\\ wörd/ü';
  const scrub = createScrubber([secret]);
  const json = JSON.stringify({ secret });
  for (const text of [secret, json, JSON.stringify(json), encodeURIComponent(secret)])
    t.notRegex(scrub(`<${text}>`), /ss|rd/, text);
  t.is(scrub(`a ${secret} b`), 'a (removed) b');
});

test('of a secret of several lines each is removed', (t) => {
  const scrub = createScrubber(['-----BEGIN KEY\nabcdef\r\n}\n']);
  t.is(scrub('{ abcdef }'), '{ (removed) }');
});

test('a secret within another leaves nothing of it', (t) => {
  t.is(createScrubber(['abc', 'abcdef'])('abcdef abc'), '(removed) (removed)');
});

test('secrets are learnt; what is none does not make texts unreadable', (t) => {
  const scrub = createScrubber(['!', '!!', '', 'x']);
  t.is(scrub('xyz!!'), 'xyz!!');
  scrub.learn('xyz');
  t.is(scrub('xyz!!'), '(removed)!!');
});

test('no URL keeps its login', (t) => {
  const scrub = createScrubber([]);
  t.is(
    scrub('kronos.host=https://u:p@ss@h:1/x?token=abc&y=1 "http://u@h/" http://h/a@b ssh://h'),
    'kronos.host=https://h:1/x?(removed) "http://h/" http://h/a@b ssh://h',
  );
});

test('in data only values are scrubbed, so that it stays what it was', (t) => {
  const value = { result: 'ok', ok: ['ok', 1, null, { message: 'all ok' }], code: 'io/ok' };
  t.deepEqual(scrubValue(value, createScrubber(['ok'])), {
    ...{ result: 'ok', code: 'io/ok' },
    ok: ['(removed)', 1, null, { message: 'all (removed)' }],
  });
});

test('whatever the secrets are, none of them is left in JSON, and the JSON is whole', (t) => {
  const secret = fc
    .string({ minLength: 4, unit: 'binary' })
    .filter((text) => !/[(remov)d]/.test(text));
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.string(), (secrets, other) => {
      const scrub = createScrubber(secrets);
      const text = JSON.stringify(scrubValue({ message: [...secrets, other].join(other) }, scrub));
      JSON.parse(text);
      t.false(secrets.some((one) => text.includes(one) && !other.includes(one)));
    }),
  );
});

test('an error is told without secrets and keeps its code', (t) => {
  const scrub = createScrubber(['hunter22']);
  const error = new KronosError('host/hook-failed', 'the hook said hunter22', {
    hint: 'hunter22 is wrong',
    cause: new Error('because of hunter22'),
  });
  const clean = scrubError(error, scrub);
  t.is(clean.code, 'host/hook-failed');
  t.is(
    formatError(clean),
    'error host/hook-failed: the hook said (removed)\n  because: because of (removed)\n  hint: (removed) is wrong',
  );
  t.is(scrubError(new TypeError('no hunter22'), scrub).code, 'internal/defect');
  t.is(scrubError(new KronosErrors([error, error]), scrub).message.includes('hunter22'), false);
});
