import test from 'ava';
import { KronosError } from '../../src/common/error.ts';
import { formatFileWarnings } from '../../src/installer/file-warnings.ts';

const WARNINGS = [
  new KronosError('input/plain-password', 'a password is written down in plain text'),
  new KronosError('input/unknown-key', 'there is no key wall', { hint: 'did you mean vlan?' }),
];

test('a warning is told as one', (t) => {
  t.deepEqual(formatFileWarnings(WARNINGS, { fleet: false }), [
    'warning input/plain-password: a password is written down in plain text',
    'warning input/unknown-key: there is no key wall\n  hint: did you mean vlan?',
  ]);
});

test('of passwords in the file of a fleet server nobody is warned at the machine', (t) => {
  t.deepEqual(formatFileWarnings(WARNINGS, { fleet: true }), [
    'warning input/unknown-key: there is no key wall\n  hint: did you mean vlan?',
  ]);
});
