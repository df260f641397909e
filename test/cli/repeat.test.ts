import { resolve } from 'node:path';
import test from 'ava';
import { repeatArguments } from '../../src/cli/repeat.ts';

test('a build is repeated elsewhere with absolute paths', (t) => {
  t.deepEqual(
    repeatArguments('debian-12', {
      recipes: ['./mine'],
      with: ['firmware'],
      origin: [
        'xapi=dir:debs',
        'x=apt:http://mirror.example/x,stable,main,key.asc',
        's=deb-src:sid/xen',
      ],
      lock: 'my.lock.yaml',
      level: 19,
      disk: true,
    }),
    [
      'debian-12',
      ...['--recipes', resolve('mine')],
      ...['--with', 'firmware'],
      ...['--origin', `xapi=dir:${resolve('debs')}`],
      ...['--origin', `x=apt:http://mirror.example/x,stable,main,${resolve('key.asc')}`],
      ...['--origin', 's=deb-src:sid/xen'],
      ...['--lock', resolve('my.lock.yaml')],
      ...['--level', '19'],
      '--disk',
    ],
  );
});
