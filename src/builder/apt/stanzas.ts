// Debian control data: `Field: value` lines in paragraphs (Packages, Release, .dsc, status).

export type Stanza = Map<string, string>;

/** The paragraphs of control data; field names in lower case, continuation lines joined with `\n`. */
export function parseStanzas(text: string): Stanza[] {
  const stanzas: Stanza[] = [];
  let current: Stanza = new Map();
  let field: string | undefined;
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      if (current.size > 0) stanzas.push(current);
      current = new Map();
      field = undefined;
    } else if (line.startsWith(' ') || line.startsWith('\t')) {
      if (field !== undefined) current.set(field, `${current.get(field) ?? ''}\n${line.trim()}`);
    } else if (!line.startsWith('#')) {
      const colon = line.indexOf(':');
      if (colon <= 0) continue;
      field = line.slice(0, colon).toLowerCase();
      current.set(field, line.slice(colon + 1).trim());
    }
  }
  if (current.size > 0) stanzas.push(current);
  return stanzas;
}

/** Control data from inside an OpenPGP clear-signed text (InRelease, .dsc); other texts come back as they are. */
export function stripSignature(text: string): string {
  const match =
    /^-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:.+\r?\n)*\r?\n([\s\S]*?)\r?\n-----BEGIN PGP SIGNATURE-----/m.exec(
      text,
    );
  return match?.[1] === undefined ? text : match[1].replace(/^- /gm, '');
}
