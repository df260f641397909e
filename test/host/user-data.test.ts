// A host file as user-data of cloud-init, and out of it again.
import test from 'ava';
import * as fc from 'fast-check';
import { formatUserData, hostFileOfUserData, isUserData } from '../../src/host/user-data.ts';

test('whatever text goes in comes out', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const userData = formatUserData(text);
      return isUserData(userData) && hostFileOfUserData(userData, 'x') === text;
    }),
  );
  t.pass();
});

test('a host file is no user-data, a cloud-config is', (t) => {
  t.false(isUserData('version: 1\n'));
  t.false(isUserData('# a comment\n#cloud-config\n'));
  t.false(isUserData('#cloud-config-archive\n'));
  t.true(isUserData('#cloud-config\r\nwrite_files: []\n'));
  t.true(isUserData('#cloud-config'));
});

test('among other things, and encoded', (t) => {
  const text = `#cloud-config
packages: [nginx]
write_files:
  - { path: /etc/motd, content: hello }
  - { path: /etc/kronos/host.yaml, encoding: b64, content: ${Buffer.from('é\n').toString('base64')} }
`;
  t.is(hostFileOfUserData(text, 'x'), 'é\n');
});

test('without a host file it says what is missing', (t) => {
  const refused = (text: string, message: string): void => {
    t.throws(() => hostFileOfUserData(text, 'user-data on /dev/sdb'), {
      ...{ code: 'input/user-data', message },
    });
  };
  for (const text of [
    '#cloud-config\nruncmd: []\n',
    '#cloud-config\nwrite_files: 7\n',
    'write_files: [7]\n',
  ])
    refused(text, 'user-data on /dev/sdb brings no host file');
  const entry = (keys: string): string =>
    `write_files: [{ path: /etc/kronos/host.yaml, ${keys} }]\n`;
  refused(entry('mode: 7'), 'the host file in user-data on /dev/sdb has no text');
  refused(
    entry('encoding: gz+b64, content: aGk='),
    'the encoding of the host file in user-data on /dev/sdb is not known',
  );
});
