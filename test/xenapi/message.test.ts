import test from 'ava';
import { formatRequest, parseAnswer, XenApiError } from '../../src/xenapi/message.ts';
import { readRecordings } from './recordings.ts';

const recordings = readRecordings();

test('every answer of a real server is understood', (t) => {
  if (recordings === undefined) {
    t.log('skipped: the recordings of xapi are not beside this checkout');
    t.pass();
    return;
  }
  let results = 0;
  const codes = new Set<string>();
  for (const steps of recordings.values()) {
    for (const { protocol, request, response, status } of steps) {
      if (protocol !== 'jsonrpc2' || status !== 200 || typeof response !== 'object') continue;
      // What is no request of ours is not answered as one.
      if (typeof request?.id !== 'number' || !Array.isArray(request.params)) continue;
      try {
        parseAnswer(JSON.stringify(response), request.id);
        results += 1;
      } catch (error) {
        if (!(error instanceof XenApiError)) throw error;
        codes.add(error.code);
      }
    }
  }
  t.true(results > 500, `${results} results`);
  for (const code of ['HOST_IS_SLAVE', 'SESSION_INVALID', 'HOST_STILL_BOOTING', 'UUID_INVALID'])
    t.true(codes.has(code), code);
});

test('a request, and the forms of an answer', (t) => {
  t.is(
    formatRequest(7, 'host.get_all', ['OpaqueRef:1']),
    '{"jsonrpc":"2.0","method":"host.get_all","params":["OpaqueRef:1"],"id":7}',
  );
  t.is(parseAnswer('{"jsonrpc":"2.0","result":"","id":1}', 1), '');
  const refused = (text: string): XenApiError =>
    t.throws(() => parseAnswer(text, 3), { instanceOf: XenApiError });
  const object = refused(
    '{"jsonrpc":"2.0","error":{"code":1,"message":"UUID_INVALID","data":["host","nope"]},"id":3}',
  );
  t.deepEqual([object.code, ...object.parameters], ['UUID_INVALID', 'host', 'nope']);
  t.is(object.message, 'UUID_INVALID (host, nope)');
  const list = refused('{"jsonrpc":"2.0","error":["HOST_STILL_BOOTING"],"id":0}');
  t.is(list.message, 'HOST_STILL_BOOTING');
});

for (const [what, text] of Object.entries({
  'no JSON': '<html>',
  'a batch': '[]',
  'another id': '{"jsonrpc":"2.0","result":"","id":2}',
  'no result': '{"jsonrpc":"2.0","id":1}',
  'an error without a code': '{"jsonrpc":"2.0","error":{"code":1},"id":1}',
  'an empty error': '{"jsonrpc":"2.0","error":[],"id":1}',
  'an error that is a number': '{"jsonrpc":"2.0","error":5,"id":1}',
})) {
  test(`no answer: ${what}`, (t) => {
    t.throws(() => parseAnswer(text, 1), { code: 'io/unexpected-answer' });
  });
}
