// The templates of the page. Unlike those of configuration files they escape all that is put in.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';

/** Renders a template of the directory `web` by its name without `.hbs`. */
export type Render = (template: string, view: object) => string;

/** Compiles all templates; each may use the others as partials. A name that a view lacks is an error. */
export function loadTemplates(directory: string): Render {
  const handlebars = Handlebars.create();
  handlebars.unregisterHelper('log'); // it writes to the terminal
  const names = readdirSync(directory).filter((name) => name.endsWith('.hbs'));
  for (const name of names) {
    handlebars.registerPartial(
      name.slice(0, -'.hbs'.length),
      handlebars.compile(readFileSync(join(directory, name), 'utf8'), { strict: true }),
    );
  }
  return (template, view) => {
    const render = handlebars.partials[template] as Handlebars.TemplateDelegate | undefined;
    if (render === undefined) throw new TypeError(`there is no template ${template}`);
    return render(view);
  };
}
