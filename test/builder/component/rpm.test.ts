import test from 'ava';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RPM_PROGRAMS } from '../../../src/builder/component/rpm.ts';
import { formatReport } from '../../../src/builder/component/report.ts';
import { findMissing } from '../../../src/builder/host-programs.ts';
import { run } from '../../../src/common/process.ts';
import { dropKey, makeKey } from '../apt/repository.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { makeComponent, makeTree, ownVersions, tryPackages, writeRecipe } from './workshop.ts';

const SPEC = `Name: probe
Epoch: 1
Version: 1.2~rc1
Release: 3.test
Summary: A probe
License: GPL-2.0-or-later
AutoProv: no
Requires: another-component >= 2
%description
A probe.
%package libs
Summary: Library of the probe
%description libs
Library of the probe.
%install
cp -a %{tree}/. %{buildroot}
%pre
getent group probers >/dev/null || groupadd -r probers
%post libs -p /sbin/ldconfig
%files
/usr/bin/probe
/usr/bin/probe-link
/usr/libexec/probe-script
/lib/systemd/system/probe.service
%attr(0640,root,daemon) %config(noreplace) /etc/probe/probe.conf
%ghost /var/log/probe.log
%files libs
/usr/lib64/probe
/etc/ld.so.conf.d/probe.conf
`;

/** Builds and signs a set of two .rpm files; returns their directory. */
async function makeRpms(directory: string, keyHome: string): Promise<string> {
  const tree = join(directory, 'dest');
  await makeTree(tree);
  const spec = join(directory, 'probe.spec');
  await writeFile(spec, SPEC);
  const defines = {
    tree,
    _topdir: join(directory, 'rpmbuild'),
    _build_id_links: 'none',
    __os_install_post: '%{nil}',
    debug_package: '%{nil}',
    _gpg_name: 'Kronos Test',
    __gpg: '/usr/bin/gpg',
    _gpg_path: keyHome,
  };
  const options = Object.entries(defines).flatMap(([key, value]) => [
    '--define',
    `${key} ${value}`,
  ]);
  await run(['rpmbuild', '-bb', '--quiet', '--target', 'x86_64', ...options, spec]);
  const out = join(directory, 'rpmbuild/RPMS/x86_64');
  const names = ['probe', 'probe-libs'].map((name) =>
    join(out, `${name}-1.2~rc1-3.test.x86_64.rpm`),
  );
  await run(['rpmsign', '--addsign', ...options, ...names]);
  return out;
}

test('signed .rpm files become packages that install and run; what they do not carry is told', async (t) => {
  t.deepEqual(await findMissing(RPM_PROGRAMS), []);
  const directory = await temporaryDirectory(t);
  const [key, other] = [await makeKey(), await makeKey()];
  t.teardown(() => Promise.all([dropKey(key), dropKey(other)]));
  const rpms = await makeRpms(directory, key.home);
  const options = {
    from: [rpms],
    recipes: [await writeRecipe(directory)],
    out: join(directory, 'out'),
  };
  const unsigned = await t.throwsAsync(makeComponent({ ...options, keyring: other.file }), {
    code: 'verification/rpm-signature',
  });
  t.regex(unsigned.message, /probe-1\.2~rc1-3\.test\.x86_64\.rpm is not signed by a key/);

  const report = await makeComponent({ ...options, keyring: key.file });
  t.is(report.signatures, 'good');
  t.is(report.epoch, 1_700_000_000);
  t.deepEqual(
    report.packages.map(({ name, version }) => `${name} ${version}`),
    ['libprobelzma5 1:1.2~rc1-3.test', 'probe-tools 1:1.2~rc1-3.test'],
  );
  t.deepEqual(report.notCarried, [
    {
      rpm: 'probe-1.2~rc1-3.test',
      scriptlets: [
        {
          kind: 'preinstall',
          program: '/bin/sh',
          text: 'getent group probers >/dev/null || groupadd -r probers',
        },
      ],
      requires: ['another-component >= 2'],
      owners: [{ path: '/etc/probe/probe.conf', owner: 'root:daemon' }],
    },
    {
      rpm: 'probe-libs-1.2~rc1-3.test',
      scriptlets: [{ kind: 'postinstall', program: '/sbin/ldconfig', text: '' }],
      requires: [],
      owners: [],
    },
  ]);
  t.regex(
    formatReport(report),
    /Not carried, scripts of probe-1.*\n {2}preinstall \(\/bin\/sh\): getent/,
  );

  const tried = await tryPackages(directory, options.out, {
    packages: ['libprobelzma5', 'probe-tools'],
    run: ['/usr/bin/probe', '--version'],
    links: [],
    groups: ['probers'],
  });
  t.is(tried.stdout, await ownVersions());

  // One byte of the payload.
  const file = join(rpms, 'probe-1.2~rc1-3.test.x86_64.rpm');
  const data = await readFile(file);
  data[data.length - 100] = (data[data.length - 100] ?? 0) ^ 1;
  await writeFile(file, data);
  await t.throwsAsync(makeComponent(options), { code: 'verification/bad-rpm' });
});
