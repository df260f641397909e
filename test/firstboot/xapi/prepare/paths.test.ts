import test from 'ava';
import { xapiPaths } from '../../../../src/firstboot/xapi/prepare/paths.ts';

const PATHS = xapiPaths({ management: "LABEL='eth0'\n" });

test('each path is there once, a directory before what lies in it', (t) => {
  const names = PATHS.map(({ path }) => path);
  t.is(new Set(names).size, names.length);
  for (const { path } of PATHS) t.regex(path, /^\/(etc|opt|usr|var)\//);
  t.true(names.indexOf('/var/lib/xcp/forker') < names.indexOf('/var/xapi'));
});

test('the words of xapi are exact', (t) => {
  const textOf = (path: string): string | undefined => PATHS.find((one) => one.path === path)?.text;
  t.is(textOf('/etc/xensource/pool.conf'), 'master');
  t.is(textOf('/etc/xensource/network.conf'), 'openvswitch');
  t.is(
    textOf('/etc/xensource/db.conf'),
    '[/var/lib/xcp/state.db]\nmode:no_limit\nformat:xml\navailable_this_boot:true\n',
  );
  t.is(textOf('/etc/firstboot.d/data/management.conf'), "LABEL='eth0'\n");
});

test('a PAM file of Red Hat is replaced, one of Debian stays', (t) => {
  const unfit = PATHS.find(({ path }) => path === '/etc/pam.d/xapi')?.unfit;
  t.true(unfit?.('auth required system-auth\n'));
  t.false(unfit?.('@include common-auth\n'));
});
