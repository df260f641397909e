// A small, real, signed apt repository on loopback, with faults to order.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestOf } from '../../../src/common/digest.ts';
import { listFiles, statOrUndefined } from '../../../src/common/files.ts';

/** A package to be made. */
export interface TestPackage {
  name: string;
  version: string;
  architecture?: string;
  /** Further lines of the control file. */
  control?: Readonly<Record<string, string>>;
  /** Bytes of incompressible content. */
  bytes?: number;
}

/** What the server does instead of answering properly. */
export type Fault =
  | { kind: 'status'; status: number }
  /** Closes the connection after so many bytes, so many times; ranges are honoured. */
  | { kind: 'cut'; after: number; times: number }
  /** Falls silent after so many bytes and keeps the connection. */
  | { kind: 'stall'; after: number }
  /** Answers with other bytes. */
  | { kind: 'replace'; data: Buffer };

/** Made here and used nowhere else; its own directory because gpg-agent wants a short path. */
export interface SigningKey {
  home: string;
  /** Armored public key. */
  file: string;
  binary: string;
}

function gpg(home: string, args: readonly string[], input?: string): Buffer {
  return execFileSync(
    'gpg',
    ['--batch', '--quiet', '--no-tty', '--passphrase', '', '--pinentry-mode', 'loopback', ...args],
    {
      env: { ...process.env, GNUPGHOME: home },
      input: input ?? '',
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    },
  );
}

/** Makes a throw-away key. */
export async function makeKey(algorithm = 'ed25519'): Promise<SigningKey> {
  const home = await mkdtemp(join(tmpdir(), 'kg-'));
  gpg(home, ['--quick-gen-key', 'Kronos Test <test@mirror.example>', algorithm, 'sign', 'never']);
  const file = join(home, 'public.asc');
  const binary = join(home, 'public.gpg');
  await writeFile(file, gpg(home, ['--armor', '--export']));
  await writeFile(binary, gpg(home, ['--export']));
  return { home, file, binary };
}

export async function dropKey(key: SigningKey): Promise<void> {
  execFileSync('gpgconf', ['--kill', 'all'], {
    env: { ...process.env, GNUPGHOME: key.home },
    stdio: 'ignore',
  });
  await rm(key.home, { recursive: true, force: true });
}

/** One file in the ustar format; no directories, no times. */
function tarOf(name: string, data: Buffer): Buffer {
  const header = Buffer.alloc(512);
  const put = (text: string, offset: number) => header.write(text, offset, 'latin1');
  put(name, 0);
  put('0000644\0', 100);
  put('0000000\0', 108);
  put('0000000\0', 116);
  put(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
  put('00000000000\0', 136);
  put('        0', 148);
  put('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (data.length % 512)) % 512);
  return Buffer.concat([header, data, padding, Buffer.alloc(1024)]);
}

function arMember(name: string, data: Buffer): Buffer {
  const fields = [
    name.padEnd(16),
    '0'.padEnd(12),
    '0     ',
    '0     ',
    '100644  ',
    String(data.length).padEnd(10),
    '`\n',
  ];
  return Buffer.concat([Buffer.from(fields.join('')), data, Buffer.alloc(data.length % 2, '\n')]);
}

function controlOf(made: TestPackage): string {
  const control = {
    Package: made.name,
    Version: made.version,
    Architecture: made.architecture ?? 'amd64',
    Maintainer: 'Kronos Test <test@mirror.example>',
    Description: `test package ${made.name}`,
    ...made.control,
  };
  return Object.entries(control)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

/** Writes one .deb into `directory`, by hand because thousands are made; returns its path. */
export async function makeDeb(directory: string, made: TestPackage): Promise<string> {
  const architecture = made.architecture ?? 'amd64';
  const parts = [Buffer.from(`${made.name} ${made.version}\n`)];
  for (let left = made.bytes ?? 0; left > 0; left -= 64)
    parts.push(Buffer.from(digestOf(`${left} ${made.name}`)));
  const deb = Buffer.concat([
    Buffer.from('!<arch>\n'),
    arMember('debian-binary', Buffer.from('2.0\n')),
    arMember('control.tar', tarOf('./control', Buffer.from(controlOf(made)))),
    arMember('data.tar', tarOf(`./usr/share/kronos-test/${made.name}`, Buffer.concat(parts))),
  ]);
  const file = join(
    directory,
    `${made.name}_${made.version.replace(/^\d+:/, '')}_${architecture}.deb`,
  );
  await mkdir(directory, { recursive: true });
  await writeFile(file, deb);
  return file;
}

export interface PublishOptions {
  archive?: string;
  suite?: string;
  /** Undefined: not signed. */
  key?: SigningKey | undefined;
  /** For the Release file. */
  date?: string;
  /** Changes the Packages text after its digest was taken. */
  tamper?: (text: string) => string;
}

/** Serves a directory with archives in it. */
export class TestRepository {
  readonly directory: string;
  readonly faults = new Map<string, Fault>();
  /** Paths asked for, with `Range` where one was. */
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor(directory: string, server: Server) {
    this.directory = directory;
    this.#server = server;
  }

  static async start(): Promise<TestRepository> {
    // Proxies of the machine are for the world outside.
    process.env['no_proxy'] = '127.0.0.1';
    const directory = await mkdtemp(join(tmpdir(), 'kr-'));
    const server = createServer();
    const repository = new TestRepository(directory, server);
    server.on('request', (request, response) => void repository.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return repository;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Makes packages and the index of one suite that lists exactly them. */
  async publish(packages: readonly TestPackage[], options: PublishOptions = {}): Promise<void> {
    const archive = options.archive ?? 'debian';
    const suite = options.suite ?? 'trixie';
    const stanzas: string[] = [];
    for (const made of packages) {
      const pool = `pool/main/${made.name.slice(0, 1)}/${made.name}`;
      const file = await makeDeb(join(this.directory, archive, pool), made);
      const control = controlOf(made).trim();
      const { size } = await stat(file);
      const name = file.slice(file.lastIndexOf('/') + 1);
      stanzas.push(
        `${control}\nFilename: ${pool}/${name}\nSize: ${size}\nSHA256: ${digestOf(await readFile(file))}\n`,
      );
    }
    const text = stanzas.join('\n');
    const dists = join(this.directory, archive, 'dists', suite);
    await this.#writeIndex(dists, 'main/binary-amd64/Packages', text, { ...options, suite });
  }

  /** An index with the Release file that vouches for it. */
  async #writeIndex(
    dists: string,
    index: string,
    text: string,
    options: PublishOptions & { suite: string },
  ): Promise<void> {
    await rm(dists, { recursive: true, force: true });
    await mkdir(dirname(join(dists, index)), { recursive: true });
    await writeFile(join(dists, index), options.tamper?.(text) ?? text);
    const release = [
      'Origin: Test',
      'Label: Test',
      `Suite: ${options.suite}`,
      `Codename: ${options.suite}`,
      `Date: ${options.date ?? 'Sat, 14 Nov 2026 12:00:00 UTC'}`,
      'Architectures: amd64',
      'Components: main',
      'Acquire-By-Hash: no',
      'SHA256:',
      ` ${digestOf(text)} ${Buffer.byteLength(text)} ${index}`,
      '',
    ].join('\n');
    if (options.key === undefined) {
      await writeFile(join(dists, 'Release'), release);
      return;
    }
    const signed = gpg(options.key.home, ['--clearsign', '--digest-algo', 'SHA512'], release);
    await writeFile(join(dists, 'InRelease'), signed);
  }

  /** One source package and the index of a suite that lists exactly it. */
  async publishSource(
    source: string,
    version: string,
    options: PublishOptions & { key: SigningKey },
  ): Promise<void> {
    const suite = options.suite ?? 'sid';
    const archive = join(this.directory, options.archive ?? 'debian');
    const pool = `pool/main/${source.slice(0, 1)}/${source}`;
    await mkdir(join(archive, pool), { recursive: true });
    const tarball = Buffer.from(`source of ${source} ${version}`);
    const dsc = [
      'Format: 3.0 (native)',
      `Source: ${source}`,
      `Binary: ${source}`,
      'Architecture: any',
      `Version: ${version}`,
      'Checksums-Sha256:',
      ` ${digestOf(tarball)} ${tarball.length} ${source}_${version}.tar.xz`,
      '',
    ].join('\n');
    await writeFile(join(archive, pool, `${source}_${version}.tar.xz`), tarball);
    await writeFile(join(archive, pool, `${source}_${version}.dsc`), dsc);
    const index = [
      `Package: ${source}`,
      `Binary: ${source}`,
      `Version: ${version}`,
      'Architecture: any',
      'Format: 3.0 (native)',
      `Directory: ${pool}`,
      'Checksums-Sha256:',
      ` ${digestOf(dsc)} ${Buffer.byteLength(dsc)} ${source}_${version}.dsc`,
      ` ${digestOf(tarball)} ${tarball.length} ${source}_${version}.tar.xz`,
      '',
    ].join('\n');
    await this.#writeIndex(join(archive, 'dists', suite), 'main/source/Sources', index, {
      ...options,
      suite,
    });
  }

  /** The three suites of a distribution; only the first has packages. */
  async publishDistribution(
    packages: readonly TestPackage[],
    options: PublishOptions & { security?: readonly TestPackage[] } = {},
  ): Promise<void> {
    const { security = [], ...rest } = options;
    await this.publish(packages, rest);
    await this.publish([], { ...rest, suite: 'trixie-updates' });
    await this.publish(security, { ...rest, archive: 'debian-security', suite: 'trixie-security' });
  }

  /** Path below the server of the .deb of a package. */
  async debPath(name: string): Promise<string> {
    const files = await listFiles(this.directory);
    const found = files.find((file) => file.includes(`/${name}_`) && file.endsWith('.deb'));
    if (found === undefined) throw new Error(`no .deb of ${name}`);
    return `/${found}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(request.url ?? '/');
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    this.requests.push(range === undefined ? path : `${path} from ${range}`);
    const fault = this.faults.get(path);
    const file = join(this.directory, path);
    const there = await statOrUndefined(file);
    if (fault?.kind === 'status' || there?.isFile() !== true) {
      response
        .writeHead(fault?.kind === 'status' ? fault.status : 404, { 'content-length': 0 })
        .end();
      return;
    }
    const data = fault?.kind === 'replace' ? fault.data : await readFile(file);
    const start = Number(range ?? 0);
    const modified = there.mtime.toUTCString();
    const unchanged =
      request.headers['if-range'] === undefined || request.headers['if-range'] === modified;
    const partial = range !== undefined && unchanged && start < data.length;
    response.writeHead(partial ? 206 : 200, {
      'accept-ranges': 'bytes',
      'last-modified': modified,
      'content-length': partial ? data.length - start : data.length,
      ...(partial ? { 'content-range': `bytes ${start}-${data.length - 1}/${data.length}` } : {}),
    });
    const body = partial ? data.subarray(start) : data;
    if (fault?.kind === 'stall') {
      response.write(body.subarray(0, fault.after));
      return;
    }
    if (fault?.kind === 'cut' && fault.times > 0) {
      fault.times -= 1;
      response.write(body.subarray(0, fault.after), () => setTimeout(() => response.destroy(), 30));
      return;
    }
    response.end(body);
  }
}
