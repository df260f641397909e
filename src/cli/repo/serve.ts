// kronos repo serve
import { once } from 'node:events';
import { hostname } from 'node:os';
import { Option, type Command } from 'commander';
import { KronosError } from '../../common/error.ts';
import { serveDirectory } from '../../common/file-server.ts';
import { statOrUndefined } from '../../common/files.ts';
import { observeStep } from '../../common/progress.ts';
import { addCommonOptions, createSubCommand, parseCount } from '../options.ts';
import type { CommonOptions, Outcome, Runner, Session } from '../session.ts';

interface ServeOptions extends CommonOptions {
  address: string;
  port: number;
}

/** Defines `kronos repo serve`. */
export function createServe(run: Runner): Command {
  const command = createSubCommand(
    'serve',
    'Serves a directory over HTTP until Ctrl-C: to try a repository before it is on a web server. Nothing but files of the directory is served, and nothing can be written.',
    ['kronos repo serve ./repo', 'kronos repo serve ./repo --address 192.0.2.1 --port 80'],
  )
    .argument('<dir>', 'the directory')
    .option('--address <ADDRESS>', 'the address of this machine to listen on', '127.0.0.1')
    .addOption(new Option('--port <PORT>', 'the port').argParser(parseCount).default(8080));
  return addCommonOptions(command).action((directory: string, options: ServeOptions) =>
    run(options, (session) => serve(directory, options, session)),
  );
}

/** The address as others write it: every address of the machine has no name but the machine's own. */
function urlOf(address: string, port: number): string {
  const host = /^(?:0\.0\.0\.0|::)$/.test(address) ? hostname() : address;
  const written = host.includes(':') ? `[${host}]` : host;
  return `http://${written}${port === 80 ? '' : `:${port}`}/`;
}

async function serve(directory: string, options: ServeOptions, session: Session): Promise<Outcome> {
  const { address, port } = options;
  if ((await statOrUndefined(directory))?.isDirectory() !== true) {
    throw new KronosError('input/no-such-file', `there is no directory ${directory}`, {
      hint: 'name the directory that kronos repo make wrote',
    });
  }
  const url = urlOf(address, port);
  let requests = 0;
  await session.show({ title: `Serving ${directory} at ${url} (Ctrl-C ends it)` }, (observer) =>
    observeStep(observer, 'serve', 'Serve', async (progress) => {
      const server = await serveDirectory(directory, {
        ...{ address, port, what: directory },
        refusal: {
          location: { file: '--port' },
          hint: 'name another port with --port PORT or address with --address ADDRESS, or run as root',
        },
        onRequest: ({ method, status, path }) => {
          requests += 1;
          progress.note(`${requests} requests, the last: ${status} ${path}`);
          progress.log(`${method} ${status} ${path}`);
        },
      });
      try {
        if (!session.signal.aborted) await once(session.signal, 'abort');
      } finally {
        await server.close();
      }
    }),
  );
  return { json: { directory, url, requests }, text: `requests answered: ${requests}` };
}
