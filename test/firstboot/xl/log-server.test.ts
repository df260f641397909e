import test from 'ava';
import { logServerConf } from '../../../src/firstboot/xl/log-server.ts';

test('logs go to the server of the host file, and nowhere without one', (t) => {
  t.is(logServerConf({}), undefined);
  t.is(
    logServerConf({ syslog: { server: 'logs.example.net', port: 6514, protocol: 'tcp' } }),
    `# Made by kronos-firstboot from /etc/kronos/host.yaml.
action(type="omfwd" target="logs.example.net" port="6514" protocol="tcp"
  action.resumeRetryCount="-1" queue.type="LinkedList" queue.size="10000"
  queue.timeoutEnqueue="0")
`,
  );
});
