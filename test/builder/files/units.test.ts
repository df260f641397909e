import test from 'ava';
import { enableLinks, unitName } from '../../../src/builder/files/units.ts';

test('paths of system units are known, drop-ins and others are not', (t) => {
  t.is(unitName('/usr/lib/systemd/system/a.service'), 'a.service');
  t.is(unitName('/etc/systemd/system/a@.service'), 'a@.service');
  t.is(unitName('/etc/systemd/system/a.service.d/more.conf'), undefined);
  t.is(unitName('/etc/systemd/network/10-a.network'), undefined);
  t.is(unitName('/usr/lib/systemd/user/a.service'), undefined);
});

test('what systemctl enable would link', (t) => {
  const path = '/usr/lib/systemd/system/a.service';
  const text = `[Unit]
WantedBy=not-here.target

[Install]
# WantedBy=comment.target
WantedBy=multi-user.target  rescue.target
RequiredBy = boot.target
Alias=b.service
Also=c.service
[Service]
WantedBy=not-here-either.target
`;
  const links = enableLinks('a.service', path, text);
  const etc = '/etc/systemd/system';
  t.deepEqual(
    links.map((link) => link.path),
    [
      ...[`${etc}/multi-user.target.wants/a.service`, `${etc}/rescue.target.wants/a.service`],
      ...[`${etc}/boot.target.requires/a.service`, `${etc}/b.service`],
    ],
  );
  t.true(links.every((link) => link.target === path));
  t.deepEqual(enableLinks('a.service', path, '[Service]\nExecStart=/bin/true\n'), []);
});

test('an instance is linked by its own name to the template', (t) => {
  const path = '/usr/lib/systemd/system/getty@.service';
  t.deepEqual(enableLinks('getty@tty1.service', path, '[Install]\r\nWantedBy=getty.target\r\n'), [
    { path: '/etc/systemd/system/getty.target.wants/getty@tty1.service', target: path },
  ]);
});
