import test from 'ava';
import {
  completeInventory,
  formatInventory,
  mergeInventories,
  parseInventory,
} from '../../../src/firstboot/xapi/inventory.ts';

let count = 0;
const FACTS = {
  ...{ brand: 'Kronos', version: '0.1.0', bridge: 'xenbr0', ipv6: false },
  uuid: () => `0000000${(count += 1)}-0000-4000-8000-000000000000`,
};

test('an inventory has all that xapi needs, and identities stay what they are', (t) => {
  const first = completeInventory(parseInventory(''), FACTS);
  t.is(first.get('INSTALLATION_UUID'), '00000001-0000-4000-8000-000000000000');
  t.is(first.get('CONTROL_DOMAIN_UUID'), '00000002-0000-4000-8000-000000000000');
  const text = formatInventory(first);
  t.deepEqual(formatInventory(completeInventory(parseInventory(text), FACTS)), text);
  for (const line of text.trimEnd().split('\n')) t.regex(line, /^[A-Z_]+='[^']+'$/);
});

test('what xapi wrote stays, also its choice of the management interface', (t) => {
  const theirs = "CURRENT_INTERFACES='xenbr0,xapi1'\nMANAGEMENT_INTERFACE='xapi1'\n# remark\nodd\n";
  const after = completeInventory(parseInventory(theirs), FACTS);
  t.is(after.get('CURRENT_INTERFACES'), 'xenbr0,xapi1');
  t.is(after.get('MANAGEMENT_INTERFACE'), 'xapi1');
  const ejected = completeInventory(parseInventory("MANAGEMENT_INTERFACE=''\n"), FACTS);
  t.is(ejected.get('MANAGEMENT_INTERFACE'), 'xenbr0', 'after an ejection it is empty');
});

test('a new image gets the identity from the copy, and what is there counts', (t) => {
  const copy = parseInventory("INSTALLATION_UUID='a'\nMANAGEMENT_INTERFACE='xapi1'\n");
  t.is(mergeInventories(copy, parseInventory('')).get('INSTALLATION_UUID'), 'a');
  const ejected = parseInventory("INSTALLATION_UUID='b'\nMANAGEMENT_INTERFACE=''\n");
  t.deepEqual(mergeInventories(copy, ejected), ejected);
});
