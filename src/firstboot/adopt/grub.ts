// GRUB's menu and its environment as they are written to /boot/grub. Pure: the effects are in boot-order.ts.

/** An entry, or a submenu with entries of its own. */
export interface MenuItem {
  title: string;
  /** What --id or $menuentry_id_option gives it; the title where there is none. */
  id: string;
  items: MenuItem[] | undefined;
}

/** `'it'\''s'`, `"it's"` and it\'s are one word each, as in a shell. */
function readWords(text: string): string[] {
  return [...text.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_all, single, double, escaped) =>
      String(single ?? (double as string | undefined)?.replaceAll(/\\(.)/g, '$1') ?? escaped),
    ),
  );
}

/** The menu of a grub.cfg. Source: what grub-mkconfig of GRUB 2.06 and 2.12 writes. */
export function parseMenu(text: string): MenuItem[] {
  const menu: MenuItem[] = [];
  // Blocks that are open: of a submenu its items, of all others undefined.
  const open: (MenuItem[] | undefined)[] = [menu];
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line.startsWith('#')) continue;
    const [, kind, rest] = /^(menuentry|submenu)\s+(.*)\{$/.exec(line) ?? [];
    if (kind !== undefined && rest !== undefined) {
      const items = kind === 'submenu' ? [] : undefined;
      open.findLast((block) => block !== undefined)?.push({ ...readHead(rest), items });
      open.push(items);
    } else if (line.endsWith('{')) {
      open.push(undefined);
    } else if (line === '}' && open.length > 1) {
      open.pop();
    }
  }
  return menu;
}

function readHead(text: string): Pick<MenuItem, 'title' | 'id'> {
  const words = readWords(text);
  const at = words.findIndex((word) => word === '--id' || word === '$menuentry_id_option');
  const title = words[0] ?? '';
  return { title, id: (at === -1 ? undefined : words[at + 1]) ?? title };
}

/** Whether an entry starts Xen: 20_linux_xen gives it such an id. */
export function isXenEntry({ id }: Pick<MenuItem, 'id'>): boolean {
  return id.startsWith('xen-gnulinux-');
}

/**
 * The first entry that fits, as GRUB's `default` names it: ids of its submenus and its own. Entries of the top level come before
 * those of submenus, whose ids are not always their own.
 */
export function findPath(
  menu: readonly MenuItem[],
  fits: (item: MenuItem) => boolean,
): string | undefined {
  const own = menu.find((item) => item.items === undefined && fits(item));
  if (own !== undefined) return own.id;
  for (const { id, items } of menu) {
    const below = items === undefined ? undefined : findPath(items, fits);
    if (below !== undefined) return `${id}>${below}`;
  }
  return undefined;
}

/** The entry that a `default` means: numbers, titles or ids, one for each level. A submenu means its first entry. */
export function findDefault(menu: readonly MenuItem[], wanted: string): MenuItem | undefined {
  // A title with > in it has it twice.
  const [first = '', ...rest] = wanted.split(/(?<!>)>(?!>)/);
  const name = first.replaceAll('>>', '>');
  const item =
    menu.find(({ id, title }) => id === name || title === name) ??
    (/^\d+$/.test(name) ? menu[Number(name)] : undefined);
  if (item?.items === undefined) return rest.length === 0 ? item : undefined;
  return findDefault(item.items, rest.length === 0 ? '0' : rest.join('>'));
}

/** Whether a menu lets the environment say what is started; without that only the next start can be chosen. */
export function readsSavedEntry(text: string): boolean {
  return /set default="\$\{saved_entry\}"/.test(text);
}

/** The variables of a grubenv. */
export function parseEnvironment(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, key, value] = /^([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined
        ? []
        : [[key, value.replaceAll(/\\(.)/g, '$1')]];
    }),
  );
}

/**
 * GRUB_DEFAULT as files of /etc/default say it, in their order: assignments of plain words only, the last one counts. `0` where
 * none has it, as grub-mkconfig does.
 */
export function formerDefault(texts: readonly string[]): string {
  const found = texts.flatMap((text) => [
    ...text.matchAll(/^[ \t]*(?:export[ \t]+)?GRUB_DEFAULT=(.*)$/gm),
  ]);
  // What a shell would have to work out, as Xen's own file does, is an override and not what was before.
  const plain = found.map(([, value = '']) => value).filter((value) => !/[$`]/.test(value));
  const value =
    plain
      .at(-1)
      ?.replace(/(?:^|\s)#.*$/, '')
      .trim() ?? '';
  return readWords(value)[0] ?? '0';
}
