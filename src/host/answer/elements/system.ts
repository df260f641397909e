// The account root, the name of the host, time and keyboard.
import type { AnswerElement, ElementDefinition, ImportWork } from '../definition.ts';
import { elementsNamed } from '../definition.ts';
import { hostFileSchema } from '../../schema/host-file.ts';
import { address, host, hostname as hostnameSchema, passwordHash } from '../../schema/values.ts';
import { attributeOf, choice, fitting, mandatory, textOf } from '../values.ts';

/** Characters that the password programs take. */
const PASSWORD_LIMIT = 256;

const rootPassword: ElementDefinition = {
  name: 'root-password',
  parents: ['installation'],
  content: 'text',
  values: 'a password, or its hash; !! asks at the first login on the console',
  default: '!! as hash',
  meaning: 'Password of root.',
  becomes: '`root.passwordHash`; a plain password is hashed at once and written nowhere',
  attributes: [
    {
      name: 'type',
      values: 'plaintext or hash',
      default: 'plaintext',
      meaning: 'What the text is.',
      becomes: 'nothing: it is always a hash',
    },
  ],
  read: readRootPassword,
};

/** Says nothing of what it found: a password may stand in any of these places. */
function readRootPassword(element: AnswerElement, work: ImportWork): void {
  const { report, draft } = work;
  const type = attributeOf(element, 'type');
  report.cover(type);
  if (type !== undefined && type.value !== 'plaintext' && type.value !== 'hash') {
    report.mistake('input/wrong-value', `${type.subject}: expected plaintext or hash`, {
      at: type,
      hint: 'the value is not shown here',
    });
    report.cover(element);
    return;
  }
  if (element.text === '') {
    report.changed(
      element,
      'the password is empty; here it is set at the first login on the console',
      'write a hash under root.passwordHash: openssl passwd -6',
    );
    draft.passwordHash = '!!';
  } else if (type?.value === 'hash') {
    readHash(element, work);
  } else if (/\p{Cc}/u.test(element.text) || Buffer.byteLength(element.text) > PASSWORD_LIMIT) {
    report.mistake(
      'input/wrong-value',
      `${element.subject}: expected one line of at most ${String(PASSWORD_LIMIT)} bytes`,
      { at: element, hint: 'the value is not shown here' },
    );
  } else {
    draft.password = element.text;
    report.cover(element);
  }
}

function readHash(element: AnswerElement, { report, draft }: ImportWork): void {
  if (passwordHash.safeParse(element.text).success) {
    draft.passwordHash = element.text;
    report.kept(
      element,
      element.text.startsWith('!')
        ? 'the password is set at the first login on the console'
        : 'the hash of the password',
    );
    return;
  }
  draft.passwordHash = '!!';
  report.lost(
    element,
    'the hash is of a kind that is not taken (MD5, DES, or no hash at all); the password is set at the first login on the console',
    'write a new hash under root.passwordHash: openssl passwd -6',
  );
}

const nameServer: ElementDefinition = {
  name: 'name-server',
  aliases: ['nameserver'],
  parents: ['installation'],
  content: 'text',
  many: true,
  values: 'an IP address',
  default: 'those of DHCP',
  meaning: 'A name server.',
  becomes: '`network.management.dns`',
  attributes: [],
  read: (element, work) => {
    const text = textOf(element, work);
    if (text === undefined) return;
    const server = fitting(element, text, address, 'an IP address', work);
    if (server === undefined) return;
    work.draft.dns.push(server);
    work.report.kept(element, `name server ${server}`);
  },
};

const hostname: ElementDefinition = {
  name: 'hostname',
  parents: ['installation'],
  content: 'text',
  values: 'a host name, with or without its domain',
  default: 'from DHCP',
  meaning: 'Name of the host; its domain is searched for other names.',
  becomes: '`hostname` and `network.management.search`; left out: host-${serial}',
  attributes: [],
  read: (element, work) => {
    const text = textOf(element, work);
    if (text === undefined) return;
    const name = fitting(
      element,
      text,
      hostnameSchema,
      'a host name such as xen01.example.net',
      work,
    );
    if (name === undefined) return;
    work.draft.hostname = name;
    const domain = name.slice(name.indexOf('.') + 1);
    if (name.includes('.') && domain !== 'localdomain') {
      const search = fitting(element, domain, host, 'a domain', work);
      if (search !== undefined) work.draft.search = search;
    }
    work.report.kept(element, `the host is ${name}`);
  },
};

const timezone: ElementDefinition = {
  name: 'timezone',
  parents: ['installation'],
  content: 'text',
  values: 'REGION/CITY',
  default: 'Etc/UTC',
  meaning: 'Time zone.',
  becomes: '`timezone`',
  attributes: [],
  read: (element, work) => {
    const text = textOf(element, work);
    if (text === undefined) return;
    const { timezone: schema } = hostFileSchema.shape;
    const zone = fitting(element, text, schema, 'a time zone such as Europe/Berlin', work);
    if (zone === undefined) return;
    work.draft.timezone = zone;
    work.report.kept(element, `the time zone is ${zone}`);
  },
};

const keymap: ElementDefinition = {
  name: 'keymap',
  parents: ['installation'],
  content: 'text',
  values: 'one of 120 names such as us or de',
  default: 'us',
  meaning: 'Keyboard of the console.',
  becomes: '`keymap`',
  attributes: [],
  read: (element, work) => {
    const text = textOf(element, work);
    if (text === undefined) return;
    const { keymap: schema } = hostFileSchema.shape;
    const map = fitting(element, text, schema, 'a keymap such as us or de', work);
    if (map === undefined) return;
    work.draft.keymap = map;
    work.report.kept(element, `the keymap is ${map}`);
  },
};

const SOURCES = ['dhcp', 'default', 'manual', 'none'] as const;

const ntp: ElementDefinition = {
  name: 'ntp',
  parents: ['installation'],
  content: 'nothing',
  values: '',
  default: 'manual with <ntp-server>, dhcp with DHCP, else default',
  meaning: 'Where the host gets its time from. XCP-ng reads it after 8.3 only.',
  becomes: '`ntp`',
  attributes: [
    {
      name: 'source',
      values: 'dhcp, default, manual or none',
      default: 'mandatory',
      meaning: 'The time servers: of DHCP, of the distribution, named, or none.',
      becomes: 'dhcp and default: an empty `ntp`; manual: `ntp`; none cannot be said',
    },
  ],
  read: (element, work) => {
    const { report } = work;
    const at = mandatory(element, 'source', work);
    if (at === undefined) return;
    const source = choice(at, at.value, SOURCES, work);
    report.cover(at, element);
    if (source === undefined) return;
    checkServers(element, source, work);
    noteSource(element, source, work);
  },
};

function checkServers(
  element: AnswerElement,
  source: (typeof SOURCES)[number],
  work: ImportWork,
): void {
  const servers = elementsNamed(work, 'ntp-server');
  if (source === 'manual' && servers.length === 0) {
    work.report.mistake('input/wrong-value', 'the time source is manual, but no server is named', {
      at: element,
      hint: 'add <ntp-server>HOST</ntp-server>',
    });
  }
  if (source === 'manual') return;
  for (const server of servers)
    work.report.mistake(
      'input/wrong-value',
      `a time server is named, but the time source is ${source}`,
      { at: server, hint: 'write <ntp source="manual"/> or remove the server' },
    );
}

function noteSource(
  element: AnswerElement,
  source: (typeof SOURCES)[number],
  work: ImportWork,
): void {
  const { report } = work;
  const interfaceElement = elementsNamed(work, 'admin-interface')[0];
  const dhcp =
    interfaceElement !== undefined && attributeOf(interfaceElement, 'proto')?.value === 'dhcp';
  if (source === 'none') {
    report.lost(
      element,
      'the clock was not set over the network; with Kronos it is, by the servers of DHCP or of the distribution',
      'leave chrony out of the recipes if the clock is kept otherwise',
    );
  } else if (source === 'default' && dhcp) {
    report.changed(
      element,
      "the vendor's time servers were to be used also where DHCP names some; here those of DHCP come first",
      'name servers under ntp if that matters',
    );
  } else if (source === 'dhcp' && !dhcp) {
    report.changed(
      element,
      "the time servers were to come from DHCP, which is not used; here they are the distribution's",
      'name servers under ntp',
    );
  } else {
    report.kept(
      element,
      source === 'manual'
        ? 'the named time servers'
        : "the time servers of DHCP, or the distribution's",
    );
  }
}

const ntpServer: ElementDefinition = {
  name: 'ntp-server',
  aliases: ['ntp-servers'],
  parents: ['installation'],
  content: 'text',
  many: true,
  values: 'a host name or an IP address',
  default: '',
  meaning: 'A time server.',
  becomes: '`ntp[]`',
  attributes: [],
  read: (element, work) => {
    const text = textOf(element, work);
    if (text === undefined) return;
    const server = fitting(element, text, host, 'a host name or an IP address', work);
    if (server === undefined) return;
    work.draft.ntp.push(server);
    work.report.kept(element, `time server ${server}`);
  },
};

/** In the order in which they are read. */
export const SYSTEM_ELEMENTS: readonly ElementDefinition[] = [
  rootPassword,
  nameServer,
  hostname,
  timezone,
  keymap,
  ntp,
  ntpServer,
];
