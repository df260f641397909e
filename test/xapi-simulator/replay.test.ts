// What the simulator answers has the shape of what the real server answered to the same requests.
import test, { type ExecutionContext } from 'ava';
import type { Json } from '../../src/xenapi/message.ts';
import { readRecordings, type Step } from '../xenapi/recordings.ts';
import { addHosts } from './hosts.ts';
import { addMachines } from './machines.ts';
import { addNetworks } from './networks.ts';
import { hear } from './protocol.ts';
import { addStorage } from './storage.ts';
import { Xapi } from './xapi.ts';
import { shown } from './messages.ts';

const recordings = readRecordings();

/** Letters instead of what differs from run to run: references by where they were seen first. */
class Translation {
  readonly #known = new Map<string, string>();

  /** Notes what the real server's references are called here. */
  learn(real: Json, own: Json): void {
    if (typeof real === 'string' && typeof own === 'string') {
      for (const [index, found] of (real.match(REFERENCE) ?? []).entries()) {
        const here = own.match(REFERENCE)?.[index];
        if (here !== undefined && !this.#known.has(found)) this.#known.set(found, here);
      }
    } else if (Array.isArray(real) && Array.isArray(own)) {
      // Lists come in any order: what is known already is not what is meant.
      const names = [...this.#known.values()];
      const theirs = real.filter(
        (one) => !this.#known.has(String(one).match(REFERENCE)?.[0] ?? ''),
      );
      const ours = own.filter((one) => !names.includes(String(one).match(REFERENCE)?.[0] ?? ''));
      for (const [index, one] of theirs.entries())
        this.learn(one as Json, (ours[index] ?? null) as Json);
    } else if (isRecord(real) && isRecord(own)) {
      for (const [key, one] of Object.entries(real)) {
        const here = REFERENCE_ONLY.test(key) ? twinOf(one, own) : key;
        if (here === undefined) continue;
        this.learn(key, here);
        this.learn(one, own[here] ?? null);
      }
    }
  }

  apply(text: string): string {
    return text.replaceAll(REFERENCE, (found) => this.#known.get(found) ?? found);
  }
}

const REFERENCE = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

const REFERENCE_ONLY = /^OpaqueRef:[0-9a-f-]{36}$/;

/** The record of ours that is what theirs is: by what names it. */
function twinOf(real: Json, own: Readonly<Record<string, Json>>): string | undefined {
  const nameOf = (record: Json): string =>
    isRecord(record)
      ? ['device', 'VLAN', 'bridge', 'name_label', 'type', 'tag']
          .map((field) => shown(record[field]))
          .join('|')
      : '';
  return Object.entries(own).find(([, record]) => nameOf(record) === nameOf(real))?.[0];
}

function isRecord(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Types and names instead of values; codes of errors stay, and what is in a map does not matter. */
function shapeOf(value: Json): Json {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0] as Json)];
  if (!isRecord(value)) return typeof value;
  const { error, message, data } = value;
  if (typeof message === 'string' && Array.isArray(data))
    return { message, parameters: data.length };
  if (Array.isArray(error)) return { error: [error[0] as Json, error.length] };
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const [first] = entries;
  if (first !== undefined && REFERENCE_ONLY.test(first[0])) return { records: shapeOf(first[1]) };
  if (entries.every(([, inner]) => typeof inner === 'string')) return 'map';
  const record = 'uuid' in value;
  const kindOf = (inner: Json): string => (Array.isArray(inner) ? 'array' : typeof inner);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, record ? kindOf(inner) : shapeOf(inner)]),
  );
}

/** Sends what was recorded, with references of our own, and compares the shapes of the answers. */
async function replay(
  t: ExecutionContext,
  name: string,
  xapi: Xapi,
  options: {
    onMark?: (note: string) => void;
    skip?: (method: string, note: string) => boolean;
  } = {},
): Promise<void> {
  const steps = recordings?.get(name);
  if (steps === undefined) {
    t.log('skipped: the recordings of xapi are not beside this checkout');
    t.pass();
    return;
  }
  const translation = new Translation();
  for (const step of steps) {
    if (step.request === undefined) options.onMark?.(step.note ?? '');
    if (options.skip?.(step.request?.method ?? '', step.note ?? '') === true) continue;
    const path = pathOf(step);
    if (path === undefined || step.via === undefined || step.transport_error !== undefined)
      continue;
    const sent = typeof step.request === 'string' ? step.request : JSON.stringify(step.request);
    const heard = hear(path, translation.apply(sent));
    const what = `${step.at_s} ${step.note ?? ''} ${sent.slice(0, 250)}`;
    t.is(heard === undefined ? 500 : 200, step.status ?? 0, what);
    if (heard === undefined) continue;
    const { type, body } = heard.answer(await xapi.answer(heard, step.via));
    const real = step.response ?? '';
    if (type === 'text/xml') {
      translation.learn(real, body);
      t.is(namesOf(body), namesOf(shown(real)), what);
      continue;
    }
    const own = JSON.parse(body) as Json;
    translation.learn(real, own);
    t.deepEqual(shapeOf(own), shapeOf(real), what);
  }
}

const NICS = [
  { device: 'eth0', mac: '7e:a1:4b:90:be:7a' },
  { device: 'eth1', mac: 'ca:fd:17:8c:36:30' },
];

test('logins, logouts and what is no call', async (t) => {
  const xapi = new Xapi({ wrongPasswordDelay: 1 });
  addNetworks(xapi, NICS, { vlans: true, bonds: true });
  await replay(t, 'login-logout', xapi);
});

test('networks, interfaces, bonds and VLANs', async (t) => {
  const xapi = new Xapi();
  const backend = { vlans: false, bonds: false };
  addNetworks(xapi, NICS, backend);
  await scanned(xapi);
  await replay(t, 'network-calls', xapi, {
    onMark: (note) => {
      if (note.startsWith('VLAN back end')) backend.vlans = true;
    },
  });
});

/** Where no such thing is simulated, or a machine below the server would have to be. */
const LEFT_OUT =
  /^(host\.(list_methods|get_log|dmesg|backup_rrds|call_\w+|has_extension|compute_free_memory|get_server_certificate|get_ntp_s\w+|get_vms_which_prevent_evacuation|get_uncooperative_resident_VMs|get_diagnostic_timing_stats|get_data_sources|get_system_status_capabilities|install_server_certificate|\w+_tags)|pool\.(certificate_list|install_ca_certificate|get_license_state)|VDI\.create)$/;

test('settings of a host', async (t) => {
  const xapi = new Xapi();
  addHosts(xapi);
  addNetworks(xapi, NICS, { vlans: true, bonds: true });
  await scanned(xapi);
  let begun = false;
  await replay(t, 'host-settings', xapi, {
    onMark: (note) => {
      begun ||= note === 'host name';
    },
    // The first part is about a machine without systemd.
    skip: (method) => (!begun && /^host\.set_/.test(method)) || LEFT_OUT.test(method),
  });
});

test('storage repositories', async (t) => {
  const xapi = new Xapi();
  addHosts(xapi);
  addStorage(xapi);
  await replay(t, 'storage-calls', xapi, {
    // Without its tools a driver cannot look into a repository; here it can.
    skip: (method, note) =>
      LEFT_OUT.test(method) || (['SR.scan', 'SR.forget'].includes(method) && note === ''),
  });
});

test('virtual machines', async (t) => {
  const isOther = (method: string): boolean => !/^(session\.login_with_password|VM\.)/.test(method);
  // The recorded hosts had no free memory, so that no machine was started.
  const bare = (): Xapi => {
    const xapi = new Xapi();
    addMachines(xapi, { memory: 0 });
    return xapi;
  };
  await replay(t, 'fresh-host', bare(), { skip: isOther });
  let part: 'before' | 'machines' | 'after' = 'before';
  await replay(t, 'join-failures', bare(), {
    onMark: (note) => {
      if (note === 'running VM') part = 'machines';
      else if (part === 'machines') part = 'after';
    },
    // The session is opened long before; afterwards the host is a member.
    skip: (method) =>
      isOther(method) || part === 'after' || (part === 'before' && method.startsWith('VM.')),
  });
});

/** A host after its first boot: management on eth0, eth1 plugged. */
async function scanned(xapi: Xapi): Promise<void> {
  const call = async (method: string, ...params: Json[]): Promise<Json> => {
    const heard = hear('/jsonrpc', JSON.stringify({ jsonrpc: '2.0', method, params, id: 1 }));
    const reply = heard === undefined ? undefined : await xapi.answer(heard, 'unix');
    if (reply === undefined || 'error' in reply) throw new Error(JSON.stringify(reply));
    return reply.result;
  };
  const session = await call('session.login_with_password', 'root', '');
  await call('PIF.scan', session, xapi.host);
  for (const pif of (await call('PIF.get_all', session)) as string[]) {
    await call('PIF.plug', session, pif);
    if ((await call('PIF.get_device', session, pif)) !== 'eth0') continue;
    const address = ['Static', '10.99.0.12', '255.255.255.0', '10.99.0.254', '10.99.0.254'];
    await call('PIF.reconfigure_ip', session, pif, ...address);
    await call('host.management_reconfigure', session, pif);
  }
}

function pathOf({ http }: Step): string | undefined {
  const [method, path] = (http ?? '').split(' ');
  return method === 'POST' ? path : undefined;
}

/** The elements of an answer, and the codes in it. */
function namesOf(xml: string): string {
  const parts = xml.match(/<\/?\w+>|>[A-Z]+_[A-Z_]+</g) ?? [];
  // Records are as long as there are hosts and networks.
  return [...new Set(parts)].sort().join(' ');
}
