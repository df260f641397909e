import test from 'ava';
import { setDefaults } from '../../../src/firstboot/xl/defaults.ts';

test('defaults go where the file speaks of them, once', (t) => {
  const text = '# default bridge\n#vif.default.bridge="xenbr0"\n\n# end\n';
  const after = setDefaults(text);
  t.is(
    after,
    '# default bridge\n#vif.default.bridge="xenbr0"\nvif.default.bridge="xenbr0"\n\n# end\nvif.default.script="vif-openvswitch"\n',
  );
  t.is(setDefaults(after), after);
  t.is(setDefaults(''), 'vif.default.script="vif-openvswitch"\nvif.default.bridge="xenbr0"\n');
});

test('what somebody has set stays', (t) => {
  const text = 'vif.default.bridge = "mine"\n vif.default.script="vif-nat"\n';
  t.is(setDefaults(text), text);
});
