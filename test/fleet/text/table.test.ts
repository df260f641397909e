import test from 'ava';
import fc from 'fast-check';
import { describeRanges, fill } from '../../../src/fleet/text/lines.ts';
import { formatDetails, formatStatus } from '../../../src/fleet/text/table.ts';
import { compareWithGolden } from '../../golden.ts';
import { makeDesk } from '../web/fixture.ts';

const WIDE = /^.{81}/m;

test('the status of a small fleet', async (t) => {
  const text = formatStatus(makeDesk(20).status(), 80);
  t.notRegex(text, WIDE);
  await compareWithGolden(t, import.meta.url, 'status.txt', `${text}\n`);
});

test('the history and the failure of a host', async (t) => {
  const details = await makeDesk(20).details('xen015');
  const text = details === undefined ? '' : formatDetails(details, 80);
  await compareWithGolden(t, import.meta.url, 'log.txt', `${text}\n`);
});

test('a big fleet is 80 columns wide too, and cut for a screen', (t) => {
  const status = makeDesk(1000).status();
  t.notRegex(formatStatus(status, 80), WIDE);
  t.true(formatStatus(status, 80, true).split('\n').length < 130);
});

test('names that follow each other are drawn together', (t) => {
  t.deepEqual(describeRanges(['a8', 'a9', 'a10', 'b']), ['a8-a10', 'b']);
  t.deepEqual(describeRanges(['x01', 'x02', 'x04', 'x05', 'x06']), ['x01', 'x02', 'x04-x06']);
  t.deepEqual(describeRanges(['x08', 'x09', 'x10']), ['x08-x10']);
  t.deepEqual(describeRanges(['x9', 'x010', 'x11', '']), ['x9', 'x010', 'x11', '']);
});

test('whatever is filled keeps its width and moves no cursor', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const lines = fill(text, 40, '  ', '    ');
      return lines.every((line) => line.length <= 40 && !/[\p{Cc}\p{Cf}]/u.test(line));
    }),
  );
  t.pass();
});
