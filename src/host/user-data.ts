// A host file as cloud-init's user-data: how deployment engines hand it to a machine. Written for any cloud-init, read by
// our installer, whose image has none.
import { dump } from 'js-yaml';
import { KronosError } from '../common/error.ts';
import { loadYaml } from '../common/yaml.ts';
import { isMapping } from './document.ts';

/** Where a host keeps its host file; the entry of write_files that is looked for. */
const PLACE = '/etc/kronos/host.yaml';

/** The first line that makes user-data a cloud-config. */
const FIRST_LINE = /^\ufeff?#cloud-config[ \t]*\r?(?:\n|$)/;

/**
 * User-data that brings a host file. On a machine with cloud-init and our packages it is written to its place and carried
 * out; the live system takes it out and installs by it.
 */
export function formatUserData(hostFile: string): string {
  const document = {
    write_files: [{ path: PLACE, owner: 'root:root', permissions: '0600', content: hostFile }],
    runcmd: [['systemctl', 'start', '--no-block', 'kronos-firstboot.service']],
  };
  return `#cloud-config\n${dump(document, { lineWidth: -1, noRefs: true })}`;
}

/** Whether a text is a cloud-config and not a host file. */
export function isUserData(text: string): boolean {
  return FIRST_LINE.test(text);
}

/**
 * The host file in user-data; `name` is what messages call the user-data.
 * Errors: `input/user-data` where there is none in it; those of loadYaml.
 */
export function hostFileOfUserData(text: string, name: string): string {
  const { value } = loadYaml(text, name);
  const files: unknown = isMapping(value) ? value['write_files'] : undefined;
  const entry: unknown = Array.isArray(files)
    ? files.find((file) => isMapping(file) && file['path'] === PLACE)
    : undefined;
  if (!isMapping(entry)) {
    throw refuse(name, `${name} brings no host file`, `its write_files need an entry ${PLACE}`);
  }
  const { content, encoding } = entry;
  if (typeof content !== 'string') {
    throw refuse(name, `the host file in ${name} has no text`, 'give it as content');
  }
  if (encoding === undefined || encoding === 'text/plain') return content;
  if (encoding === 'b64' || encoding === 'base64')
    return Buffer.from(content, 'base64').toString('utf8');
  throw refuse(
    name,
    `the encoding of the host file in ${name} is not known`,
    'write the content as it is, or as b64',
  );
}

function refuse(file: string, message: string, hint: string): KronosError {
  return new KronosError('input/user-data', message, { location: { file }, hint });
}
