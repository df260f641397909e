// The lists of our own recipe over the paths that facts and upstream's layout tell of.
import test from 'ava';
import { expandMultiarch } from '../../../src/builder/component/layout.ts';
import { planSplit } from '../../../src/builder/component/split.ts';
import { loadRecipes } from '../../../src/builder/recipe/load.ts';
import { ownRecipes } from '../../../src/builder/request.ts';
import { compareWithGolden } from '../../golden.ts';
import { entry } from './entries.ts';

const unit = (name: string) => `/usr/lib/systemd/system/${name}.service`;

const PATHS = [
  ...['message-switch', 'forkexecd', 'xcp-networkd', 'squeezed', 'xcp-rrdd', 'xenopsd-xc'].flatMap(
    (name) => [`/usr/sbin/${name}`, unit(name)],
  ),
  ...['xapi', 'gencert', 'save-boot-info', 'attach-static-vdis', 'xapi-wait-init-complete'].map(
    unit,
  ),
  ...['xapi', 'update-ca-bundle.sh', 'static-vdis', 'xe-toolstack-restart'].map(
    (name) => `/opt/xensource/bin/${name}`,
  ),
  ...['gencert', 'host-display', 'network-init', 'set-iscsi-initiator', 'xcp-rrdd-plugins/cpu'].map(
    (name) => `/opt/xensource/libexec/${name}`,
  ),
  ...['/opt/xensource/bin/xe', '/usr/bin/xe -> /opt/xensource/bin/xe', '/opt/xensource/sm/EXTSR'],
  ...[
    '/usr/libexec/xapi/sparse_dd',
    '/usr/libexec/xapi/vfork_helper',
    '/usr/libexec/xapi/cluster-stack/',
  ],
  ...['/usr/libexec/xenopsd/vif', '/usr/libexec/xenopsd/common.py', '/usr/bin/list_domains'],
  ...['/usr/lib64/xen/bin/qemu-wrapper', '/usr/lib/udev/rules.d/65-xen-backend.rules'],
  ...['/etc/xapi.conf', '/etc/pam.d/xapi', '/etc/xensource/db.conf', '/etc/xensource/network.conf'],
  ...['/etc/message-switch.conf', '/etc/squeezed.conf', '/etc/xenopsd.conf', '/etc/xcp/'],
  ...['/etc/xapi.d/plugins/echo', '/etc/xapi.d/plugins/trim', '/etc/xapi.d/extensions/'],
  ...['/usr/lib/tmpfiles.d/xcp-rrdd.conf', '/usr/lib/python3.6/site-packages/XenAPI.py'],
  ...['/usr/lib/python3.6/site-packages/sm/core/xs_errors.py', '/var/xapi -> /var/lib/xcp'],
  ...[
    '/usr/lib/python3.6/site-packages/__pycache__/XenAPI.cpython-36.pyc',
    '/usr/share/doc/xapi/LICENSE',
  ],
];

test('the recipe xapi gives every known path of upstream to a package with its own name', async (t) => {
  const recipe = (await loadRecipes([ownRecipes()])).get('xapi');
  const split = recipe?.data.split;
  if (recipe === undefined || split === undefined) return t.fail('xapi has no split');
  const { packages } = planSplit({
    entries: PATHS.map((path) => entry(path)),
    split: expandMultiarch(split, 'amd64'),
    locate: recipe.document.locate,
  });
  const lines = packages.flatMap(({ name, files, units }) => [
    `${name}${units.length === 0 ? '' : ` (${units.join(', ')})`}`,
    ...files.filter(({ type }) => type !== 'directory').map(({ path }) => `  ${path}`),
  ]);
  await compareWithGolden(t, import.meta.url, 'xapi.txt', `${lines.join('\n')}\n`);
  const made = new Set(packages.map(({ name }) => name));
  for (const asked of recipe.data.packages) {
    t.true(made.has(typeof asked === 'string' ? asked : asked.name), JSON.stringify(asked));
  }
});
