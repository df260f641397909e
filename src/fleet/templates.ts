// The templates of everything that machines and dnsmasq read, below iso/fleet.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownDirectory } from '../common/program-root.ts';
import { renderTemplate, type Variables } from '../common/template.ts';

export type TemplateName =
  'machine.cfg' | 'machine.ipxe' | 'site.cfg' | 'site.ipxe' | 'dnsmasq.conf' | 'dhcp-lines.txt';

/** Fills in a template that was read before. */
export type Render = (name: TemplateName, variables: Variables) => string;

const NAMES: readonly TemplateName[] = [
  'machine.cfg', 'machine.ipxe', 'site.cfg', 'site.ipxe', 'dnsmasq.conf', 'dhcp-lines.txt',
]; // prettier-ignore

/** Reads all of them. Errors: `internal/no-data`, those of node:fs. */
export async function readTemplates(): Promise<Render> {
  const directory = join(ownDirectory('iso'), 'fleet');
  const texts = new Map<TemplateName, string>();
  for (const name of NAMES) {
    texts.set(name, await readFile(join(directory, `${name}.hbs`), 'utf8'));
  }
  return (name, variables) =>
    renderTemplate(texts.get(name) ?? '', variables, join(directory, `${name}.hbs`));
}
