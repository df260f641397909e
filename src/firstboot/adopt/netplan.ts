// Files of netplan: what they say of an interface, and the same without some interfaces.
import { dump } from 'js-yaml';
import { loadYaml } from '../../common/yaml.ts';
import { globOf, unique, type ConfigFile, type Configured } from './configured.ts';
import { isOn } from './ini.ts';

type Mapping = Record<string, unknown>;

/** Kinds of interfaces that are taken over. */
const KINDS = ['ethernets', 'bonds', 'vlans'] as const;

interface Definition {
  kind: string;
  id: string;
  path: string;
  line: number | undefined;
  body: Mapping;
}

function asMapping(value: unknown): Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Mapping)
    : {};
}

/** Definitions of interfaces, in the order in which netplan reads the files. Errors: those of loadYaml. */
function definitionsOf(files: readonly ConfigFile[]): Definition[] {
  return files.flatMap(({ path, text }) => {
    const document = loadYaml(text, path);
    const network = asMapping(asMapping(document.value)['network']);
    return KINDS.flatMap((kind) =>
      Object.entries(asMapping(network[kind])).map(([id, body]) => ({
        ...{ kind, id, path, body: asMapping(body) },
        line: document.locateKey(['network', kind, id]).line,
      })),
    );
  });
}

/** What an interface is known by. */
export interface Known {
  name: string;
  /** Small letters. */
  mac: string;
}

function isMeant({ id, body, kind }: Definition, { name, mac }: Known): boolean {
  const match = asMapping(body['match']);
  if (kind !== 'ethernets' || Object.keys(match).length === 0)
    return id === name || body['set-name'] === name;
  if (body['set-name'] === name) return true;
  const byMac = match['macaddress'];
  if (typeof byMac === 'string' && byMac.toLowerCase() !== mac) return false;
  const byName = match['name'];
  if (typeof byName === 'string' && !globOf(byName).test(name)) return false;
  return byMac !== undefined || byName !== undefined;
}

/** What the files say of an interface; undefined where they say nothing. Errors: those of loadYaml. */
export function describeNetplan(
  files: readonly ConfigFile[],
  known: Known,
): Configured | undefined {
  const own = definitionsOf(files).filter((one) => isMeant(one, known));
  const [first] = own;
  if (first === undefined) return undefined;
  // A later file adds keys to an interface and replaces those that it repeats; lists grow.
  const body = Object.assign({}, ...own.map((one) => one.body)) as Mapping;
  const addresses = own.flatMap((one) => textsOf(one.body['addresses']));
  const has = (family: 4 | 6): boolean =>
    addresses.some((address) => address.includes(':') === (family === 6));
  const servers = own.map((one) => asMapping(one.body['nameservers']));
  const accepts = body['accept-ra'];
  return {
    source: `${first.kind}.${first.id} in ${first.path}, line ${first.line ?? 1}`,
    ipv4: isYes(body['dhcp4']) ? 'dhcp' : has(4) ? 'static' : 'none',
    ipv6: isYes(body['dhcp6'])
      ? 'dhcp'
      : has(6)
        ? 'static'
        : accepts === undefined
          ? undefined
          : isYes(accepts)
            ? 'auto'
            : 'none',
    dns: unique(servers.flatMap((one) => textsOf(one['addresses']))),
    search: unique(servers.flatMap((one) => textsOf(one['search']))),
  };
}

/** `yes` and `on` are texts to a reader of YAML 1.2, and switches to netplan. */
function isYes(value: unknown): boolean {
  return value === true || (typeof value === 'string' && isOn(value));
}

/** Texts of a list; an address with options is a mapping of one key. */
function textsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) =>
    typeof item === 'string' ? [item] : Object.keys(asMapping(item)).slice(0, 1),
  );
}

/**
 * The file without the definitions of some interfaces: undefined where it has none of them, empty where nothing is left.
 * Comments of what stays are lost. Errors: those of loadYaml.
 */
export function removeFromNetplan(
  file: ConfigFile,
  gone: readonly Known[],
  remark: string,
): string | undefined {
  const definitions = definitionsOf([file]).filter((one) =>
    gone.some((known) => isMeant(one, known)),
  );
  if (definitions.length === 0) return undefined;
  const top = asMapping(loadYaml(file.text, file.path).value);
  const network = Object.fromEntries(
    Object.entries(asMapping(top['network'])).flatMap(([kind, value]): [string, unknown][] => {
      if (!KINDS.some((one) => one === kind)) return [[kind, value]];
      const left = Object.entries(asMapping(value)).filter(
        ([id]) => !definitions.some((one) => one.kind === kind && one.id === id),
      );
      return left.length === 0 ? [] : [[kind, Object.fromEntries(left)]];
    }),
  );
  const isEmpty = Object.keys(network).every((key) => key === 'version' || key === 'renderer');
  if (isEmpty) return '';
  return `# ${remark}\n${dump({ ...top, network }, { lineWidth: -1, noRefs: true })}`;
}
