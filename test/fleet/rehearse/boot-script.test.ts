// Simulated loaders understand the scripts that the server really writes.
import test from 'ava';
import { readBootScript } from '../../../src/fleet/rehearse/boot-script.ts';
import { renderBootScript } from '../../../src/fleet/server/boot-script.ts';
import { readTemplates } from '../../../src/fleet/templates.ts';

const PLACE = {
  ...{ server: '192.0.2.1:8080', path: '/trees/abc' },
  ...{ url: 'https://192.0.2.1:8443', fingerprint: 'ab'.repeat(32) },
};
const TOKEN = 'NTI6NTQ.c2lnbmF0dXJl';

test('both loaders are led to the live system, or to the disk', async (t) => {
  const render = await readTemplates();
  for (const loader of ['cfg', 'ipxe'] as const) {
    t.deepEqual(readBootScript(renderBootScript(render, loader, PLACE, TOKEN)), {
      ...{ boot: 'live', url: PLACE.url, fingerprint: PLACE.fingerprint, token: TOKEN },
      base: 'http://192.0.2.1:8080/trees/abc/',
    });
    t.deepEqual(readBootScript(renderBootScript(render, loader, PLACE, undefined)), {
      boot: 'disk',
    });
  }
  t.is(readBootScript('<html>'), undefined);
});
