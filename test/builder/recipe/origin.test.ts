import { resolve } from 'node:path';
import test from 'ava';
import { parseOrigin } from '../../../src/builder/recipe/origin.ts';
import { formatError } from '../../../src/common/error.ts';

test('every form is read', (t) => {
  t.deepEqual(parseOrigin('xapi=dir:./debs'), {
    name: 'xapi',
    origin: { type: 'directory', path: resolve('debs') },
  });
  t.deepEqual(parseOrigin('x=apt:https://mirror.example/debian,stable,main+contrib,/k.asc'), {
    name: 'x',
    origin: {
      type: 'apt',
      url: 'https://mirror.example/debian',
      suite: 'stable',
      components: ['main', 'contrib'],
      key: '/k.asc',
    },
  });
  t.deepEqual(parseOrigin('xen=deb-src:sid/xen'), {
    name: 'xen',
    origin: { type: 'deb-src', suite: 'sid', source: 'xen' },
  });
  t.deepEqual(parseOrigin('xen=deb-src:sid/xen=4.20.0+68-g35cb38b222-1'), {
    name: 'xen',
    origin: { type: 'deb-src', suite: 'sid', source: 'xen', version: '4.20.0+68-g35cb38b222-1' },
  });
});

const BAD: [text: string, expected: RegExp][] = [
  ['xapi', /expected NAME=SPEC\n {2}hint: for example --origin xapi=dir:\.\/debs/],
  ['Xapi=dir:x', /expected NAME=SPEC/],
  ['xapi=dri:x', /unknown kind of origin "dri"\n {2}hint: did you mean "dir"\?/],
  ['xapi=/srv/debs', /unknown kind of origin "\/srv\/debs"/],
  ['xapi=dir:', /expected dir:PATH/],
  [
    'xapi=apt:https://mirror.example,stable,main',
    /expected apt:URL,SUITE,COMPONENT\[\+COMPONENT\],KEYFILE/,
  ],
  [
    'xapi=apt:ftp://mirror.example,stable,main,k',
    /expected apt:.*\n {2}hint: this is not an http, https or file URL/,
  ],
  ['xapi=deb-src:xen', /expected deb-src:SUITE\/SOURCE\[=VERSION\]/],
  ['xapi=deb-src:sid/xen=4 20', /expected deb-src:/],
];

for (const [text, expected] of BAD) {
  test(`refused: ${text}`, (t) => {
    const message = formatError(t.throws(() => parseOrigin(text)));
    t.regex(message, /^error input\/origin: reading the origin "/);
    t.regex(message, expected);
  });
}
